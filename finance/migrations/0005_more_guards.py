"""What the database refuses beyond 0002: about lots, about tax forms, and about whatever is never changed once it is written."""

from django.db import migrations

NEVER_CHANGED = (
    "finance_lotmove",
    "finance_sealedday",
    "finance_document",
    "finance_approval",
    "finance_promouse",
    "finance_taxreading",
)

GUARDS = """
CREATE FUNCTION finance_lot_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.left <> 0 THEN
        RAISE EXCEPTION 'ledger: a lot opens empty' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Only the day from which it is free may be changed by hand.
CREATE FUNCTION finance_lot_moves_by_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.left IS DISTINCT FROM OLD.left AND pg_trigger_depth() < 2)
        OR (NEW.id, NEW.top_up_id, NEW.account_id, NEW.amount, NEW.at)
        IS DISTINCT FROM (OLD.id, OLD.top_up_id, OLD.account_id, OLD.amount, OLD.at) THEN
        RAISE EXCEPTION 'ledger: a lot changes only with an entry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION finance_lot_follows_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT "left" FROM finance_lot WHERE id = NEW.id) IS DISTINCT FROM coalesce(
        (SELECT left_after FROM finance_lotmove WHERE lot_id = NEW.id ORDER BY lot_id, id DESC LIMIT 1), 0) THEN
        RAISE EXCEPTION 'ledger: a lot changes only with an entry' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION finance_lot_move_moves_its_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT txid FROM finance_entry WHERE id = NEW.entry_id) IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'ledger: a written entry takes no more moves' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE finance_lot SET "left" = "left" + NEW.amount WHERE id = NEW.lot_id RETURNING "left" INTO NEW.left_after;
    NEW.id := nextval('finance_lotmove_id_seq');
    RETURN NEW;
END $$;

-- What lots give or take in one entry is a part of its line on their account, in the same direction.
CREATE FUNCTION finance_lot_move_is_part_of_a_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    holder bigint;
    moved bigint;
    line bigint;
BEGIN
    SELECT account_id INTO holder FROM finance_lot WHERE id = NEW.lot_id;
    SELECT sum(m.amount) INTO moved FROM finance_lotmove m JOIN finance_lot l ON l.id = m.lot_id
        WHERE m.entry_id = NEW.entry_id AND l.account_id = holder;
    SELECT amount INTO line FROM finance_posting WHERE entry_id = NEW.entry_id AND account_id = holder;
    IF line IS NULL OR sign(moved) <> sign(line) OR abs(moved) > abs(line) OR sign(NEW.amount) <> sign(line) THEN
        RAISE EXCEPTION 'ledger: lots move with a line of their account' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Money of lots is a part of the balance: what was spent was taken from them in time.
CREATE FUNCTION finance_lots_within_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum("left"), 0) FROM finance_lot WHERE account_id = NEW.account_id AND "left" > 0)
        > (SELECT balance FROM finance_account WHERE id = NEW.account_id) THEN
        RAISE EXCEPTION 'ledger: lots exceed the balance they are a part of' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- A form is encrypted anew when keys change, and replaced once; what was signed, by whom and when stays.
CREATE FUNCTION finance_tax_form_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.user_id, NEW.kind, NEW.signed_at) IS DISTINCT FROM (OLD.id, OLD.user_id, OLD.kind, OLD.signed_at) THEN
        RAISE EXCEPTION 'tax: a signed form is never changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER stays_as_signed BEFORE UPDATE ON finance_taxform
    FOR EACH ROW EXECUTE FUNCTION finance_tax_form_stays();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON finance_taxform
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();
CREATE TRIGGER opens_empty BEFORE INSERT ON finance_lot
    FOR EACH ROW EXECUTE FUNCTION finance_lot_opens_empty();
CREATE TRIGGER moves_by_entry BEFORE UPDATE ON finance_lot
    FOR EACH ROW EXECUTE FUNCTION finance_lot_moves_by_entry();
CREATE CONSTRAINT TRIGGER follows_moves AFTER UPDATE ON finance_lot
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_lot_follows_moves();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON finance_lot
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();
CREATE TRIGGER moves_its_lot BEFORE INSERT ON finance_lotmove
    FOR EACH ROW EXECUTE FUNCTION finance_lot_move_moves_its_lot();
CREATE CONSTRAINT TRIGGER is_part_of_a_line AFTER INSERT ON finance_lotmove
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_lot_move_is_part_of_a_line();
CREATE CONSTRAINT TRIGGER lots_within_balance AFTER INSERT ON finance_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.amount < 0 AND NEW.balance_after IS NOT NULL)
    EXECUTE FUNCTION finance_lots_within_balance();
"""

REMOVE = """
DROP TRIGGER lots_within_balance ON finance_posting;
DROP TRIGGER is_part_of_a_line ON finance_lotmove;
DROP TRIGGER moves_its_lot ON finance_lotmove;
DROP TRIGGER stays ON finance_lot;
DROP TRIGGER follows_moves ON finance_lot;
DROP TRIGGER moves_by_entry ON finance_lot;
DROP TRIGGER opens_empty ON finance_lot;
DROP TRIGGER stays ON finance_taxform;
DROP TRIGGER stays_as_signed ON finance_taxform;
DROP FUNCTION finance_tax_form_stays;
DROP FUNCTION finance_lots_within_balance, finance_lot_move_is_part_of_a_line, finance_lot_move_moves_its_lot,
    finance_lot_follows_moves, finance_lot_moves_by_entry, finance_lot_opens_empty;
"""

STAYS = "\n".join(
    f"CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    " FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();"
    for table in NEVER_CHANGED
)
GOES = "\n".join(f"DROP TRIGGER stays ON {table};" for table in NEVER_CHANGED)

# Of top-ups paid before there were lots it is not known what is left, so nothing is bound to their cards.
EMPTY_LOTS = """
INSERT INTO finance_lot (top_up_id, account_id, amount, "left", at, free_at)
SELECT t.id, a.id, t.amount, 0, t.settled_at, t.settled_at
FROM finance_topup t JOIN finance_account a ON a.key = 'user:' || t.user_id || ':main'
WHERE t.status = 'paid';
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0004_money_in_full")]
    operations = [
        migrations.RunSQL(GUARDS, REMOVE),
        migrations.RunSQL(STAYS, GOES),
        migrations.RunSQL(EMPTY_LOTS, migrations.RunSQL.noop),
    ]
