"""The first tables."""

import sqlalchemy as sa
from alembic import op

from continuitybot.store.tables import Json, UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index("ix_approvals_subject_state", ["subject", "state"], unique=False)
        batch_op.create_index(
            "uq_approvals_pending_subject",
            ["subject"],
            unique=True,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("verb", sa.String(length=60), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("approval", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entries")),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entries_ref"), ["ref"], unique=False)

    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "broadcast_replies",
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meaning", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("ref", "person", name=op.f("pk_broadcast_replies")),
    )
    op.create_table(
        "broadcasts",
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("requested", UtcTime(), nullable=False),
        sa.Column("request_key", sa.String(length=200), nullable=True),
        sa.Column("document", Json, nullable=False),
        sa.Column("recipients", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_broadcasts")),
        sa.UniqueConstraint("request_key", name=op.f("uq_broadcasts_request_key")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_broadcasts_requested"), ["requested"], unique=False)

    op.create_table(
        "carrier_callbacks_seen",
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", "what", name=op.f("pk_carrier_callbacks_seen")),
    )
    op.create_table(
        "carrier_rates",
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("carrier", name=op.f("pk_carrier_rates")),
    )
    op.create_table(
        "check_states",
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("check", name=op.f("pk_check_states")),
    )
    op.create_table(
        "console_messages",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("thread", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=120), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("card", Json, nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("edited", UtcTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_console_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_console_messages_key")),
    )
    with op.batch_alter_table("console_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_console_messages_version"), ["version"], unique=False)

    op.create_table(
        "continuity_events",
        sa.Column("ref", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("start", UtcTime(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_continuity_events")),
    )
    with op.batch_alter_table("continuity_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_continuity_events_open"), ["open"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("ref", sa.String(length=40), nullable=False),
        sa.Column("chunk", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("due", UtcTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("refused", Json, nullable=False),
        sa.Column("sid", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_from", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_deliveries")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_carrier_sid", ["carrier", "sid"], unique=False)
        batch_op.create_index("ix_deliveries_chunk_due", ["chunk", "due"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_phone"), ["phone"], unique=False)
        batch_op.create_index(batch_op.f("ix_deliveries_ref"), ["ref"], unique=False)

    op.create_table(
        "directory_editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_editions")),
    )
    op.create_table(
        "drill_evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(length=200), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_evidence")),
    )
    with op.batch_alter_table("drill_evidence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drill_evidence_ref"), ["ref"], unique=False)

    op.create_table(
        "drill_results",
        sa.Column("ref", sa.String(length=200), nullable=False),
        sa.Column("runbook", sa.String(length=100), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("started", UtcTime(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_drill_results")),
    )
    with op.batch_alter_table("drill_results", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_drill_results_started"), ["started"], unique=False)

    op.create_table(
        "drill_watch",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_drill_watch")),
    )
    op.create_table(
        "effects",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("due", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("leased_until", UtcTime(), nullable=True),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("ended", UtcTime(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_effects")),
    )
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_effects_ref"), ["ref"], unique=False)
        batch_op.create_index("ix_effects_state_due", ["state", "due"], unique=False)

    op.create_table(
        "incident_links",
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("incident", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_incident_links")),
    )
    with op.batch_alter_table("incident_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_links_incident"), ["incident"], unique=False)

    op.create_table(
        "incident_pages",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("incident", sa.String(length=60), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_incident_pages")),
    )
    with op.batch_alter_table("incident_pages", schema=None) as batch_op:
        batch_op.create_index("ix_incident_pages_incident_step", ["incident", "step"], unique=False)

    op.create_table(
        "incident_timeline",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("incident", sa.String(length=60), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_timeline")),
    )
    with op.batch_alter_table("incident_timeline", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_timeline_incident"), ["incident"], unique=False
        )

    op.create_table(
        "incidents",
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_incidents")),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incidents_status"), ["status"], unique=False)

    op.create_table(
        "mutes",
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("check", name=op.f("pk_mutes")),
    )
    op.create_table(
        "observations",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("latency", sa.Float(), nullable=True),
        sa.Column("hop", sa.String(length=16), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("vantage", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observations")),
    )
    with op.batch_alter_table("observations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observations_at"), ["at"], unique=False)
        batch_op.create_index("ix_observations_check_at", ["check", "at"], unique=False)

    op.create_table(
        "opted_out_phones",
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("phone", name=op.f("pk_opted_out_phones")),
    )
    op.create_table(
        "people",
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_people")),
    )
    op.create_table(
        "posted_cards",
        sa.Column("ref", sa.String(length=60), nullable=False),
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=120), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("next_edit", UtcTime(), nullable=False),
        sa.Column("said", sa.Integer(), nullable=False),
        sa.Column("to_say", Json, nullable=False),
        sa.Column("next_say", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("ref", "platform", name=op.f("pk_posted_cards")),
    )
    op.create_table(
        "run_waits",
        sa.Column("run", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.PrimaryKeyConstraint("run", "step", "subject", name=op.f("pk_run_waits")),
    )
    with op.batch_alter_table("run_waits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_waits_subject"), ["subject"], unique=False)

    op.create_table(
        "runs",
        sa.Column("ref", sa.String(length=20), nullable=False),
        sa.Column("request_key", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("runbook", sa.String(length=60), nullable=False),
        sa.Column("incident", sa.String(length=20), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_runs")),
        sa.UniqueConstraint("request_key", name=op.f("uq_runs_request_key")),
    )
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_runs_created"), ["created"], unique=False)
        batch_op.create_index(batch_op.f("ix_runs_incident"), ["incident"], unique=False)
        batch_op.create_index(batch_op.f("ix_runs_state"), ["state"], unique=False)

    op.create_table(
        "said_keys",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_said_keys")),
    )
    op.create_table(
        "sequences",
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_sequences")),
    )


def downgrade() -> None:
    op.drop_table("sequences")
    op.drop_table("said_keys")
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_runs_state"))
        batch_op.drop_index(batch_op.f("ix_runs_incident"))
        batch_op.drop_index(batch_op.f("ix_runs_created"))

    op.drop_table("runs")
    with op.batch_alter_table("run_waits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_waits_subject"))

    op.drop_table("run_waits")
    op.drop_table("posted_cards")
    op.drop_table("people")
    op.drop_table("opted_out_phones")
    with op.batch_alter_table("observations", schema=None) as batch_op:
        batch_op.drop_index("ix_observations_check_at")
        batch_op.drop_index(batch_op.f("ix_observations_at"))

    op.drop_table("observations")
    op.drop_table("mutes")
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incidents_status"))

    op.drop_table("incidents")
    with op.batch_alter_table("incident_timeline", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_timeline_incident"))

    op.drop_table("incident_timeline")
    with op.batch_alter_table("incident_pages", schema=None) as batch_op:
        batch_op.drop_index("ix_incident_pages_incident_step")

    op.drop_table("incident_pages")
    with op.batch_alter_table("incident_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_links_incident"))

    op.drop_table("incident_links")
    with op.batch_alter_table("effects", schema=None) as batch_op:
        batch_op.drop_index("ix_effects_state_due")
        batch_op.drop_index(batch_op.f("ix_effects_ref"))

    op.drop_table("effects")
    op.drop_table("drill_watch")
    with op.batch_alter_table("drill_results", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drill_results_started"))

    op.drop_table("drill_results")
    with op.batch_alter_table("drill_evidence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drill_evidence_ref"))

    op.drop_table("drill_evidence")
    op.drop_table("directory_editions")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deliveries_ref"))
        batch_op.drop_index(batch_op.f("ix_deliveries_phone"))
        batch_op.drop_index("ix_deliveries_chunk_due")
        batch_op.drop_index("ix_deliveries_carrier_sid")

    op.drop_table("deliveries")
    with op.batch_alter_table("continuity_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_continuity_events_open"))

    op.drop_table("continuity_events")
    with op.batch_alter_table("console_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_console_messages_version"))

    op.drop_table("console_messages")
    op.drop_table("check_states")
    op.drop_table("carrier_rates")
    op.drop_table("carrier_callbacks_seen")
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_broadcasts_requested"))

    op.drop_table("broadcasts")
    op.drop_table("broadcast_replies")
    op.drop_table("audit_head")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entries_ref"))

    op.drop_table("audit_entries")
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_approvals_pending_subject",
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )
        batch_op.drop_index("ix_approvals_subject_state")

    op.drop_table("approvals")
