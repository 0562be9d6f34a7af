"""Who the bot works for and with: the directory, what each person may do, and how to reach them."""
