"""What the database itself refuses (FIN-06), as triggers that hold for every writer, also for psql."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION finance_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: rows of % are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION finance_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance <> 0 THEN
        RAISE EXCEPTION 'ledger: an account opens empty' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Depth 1 is a statement of somebody's own; the posting trigger reaches this one at depth 2, and whatever else
-- may reach it there is found at commit, when the balance must be what the account's last posting left.
CREATE FUNCTION finance_account_moves_by_posting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR (NEW.id, NEW.key, NEW.kind, NEW.kept, NEW.owner_id)
        IS DISTINCT FROM (OLD.id, OLD.key, OLD.kind, OLD.kept, OLD.owner_id) THEN
        RAISE EXCEPTION 'ledger: an account changes only through postings' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION finance_account_follows_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT balance FROM finance_account WHERE id = NEW.id) IS DISTINCT FROM
        (SELECT balance_after FROM finance_posting WHERE account_id = NEW.id ORDER BY account_id, id DESC LIMIT 1) THEN
        RAISE EXCEPTION 'ledger: an account changes only through postings' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION finance_entry_knows_its_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.txid := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;

CREATE FUNCTION finance_entry_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) < 2 OR sum(amount) <> 0 FROM finance_posting WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'ledger: entry % does not balance', NEW.key USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Each posting asks once more, so that SET CONSTRAINTS IMMEDIATE in the middle of a transaction opens no gap
-- between the entry's own check and the commit.
CREATE FUNCTION finance_posting_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount) <> 0 FROM finance_posting WHERE entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'ledger: entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- An entry takes postings only in the transaction that made it: a committed one can never be extended.
-- The id is given after the account's row is locked, so the ids of one account's postings follow the order in
-- which its balance moved; the order of statements without a lock would not.
CREATE FUNCTION finance_posting_moves_its_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry_txid bigint;
    balance_before bigint;
BEGIN
    SELECT txid INTO entry_txid FROM finance_entry WHERE id = NEW.entry_id;
    IF entry_txid IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
        RAISE EXCEPTION 'ledger: a written entry takes no more postings' USING ERRCODE = 'check_violation';
    END IF;
    NEW.balance_after := NULL;
    UPDATE finance_account SET balance = balance + NEW.amount
        WHERE id = NEW.account_id AND kept RETURNING balance INTO NEW.balance_after;
    IF NEW.balance_after IS NOT NULL THEN
        SELECT balance_after INTO balance_before FROM finance_posting
            WHERE account_id = NEW.account_id ORDER BY account_id, id DESC LIMIT 1;
        IF NEW.balance_after <> coalesce(balance_before, 0) + NEW.amount THEN
            RAISE EXCEPTION 'ledger: a balance follows from the one before it' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    NEW.id := nextval('finance_posting_id_seq');
    RETURN NEW;
END $$;

CREATE TRIGGER opens_empty BEFORE INSERT ON finance_account
    FOR EACH ROW EXECUTE FUNCTION finance_account_opens_empty();
CREATE TRIGGER moves_by_posting BEFORE UPDATE ON finance_account
    FOR EACH ROW EXECUTE FUNCTION finance_account_moves_by_posting();
CREATE CONSTRAINT TRIGGER follows_postings AFTER UPDATE ON finance_account
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_account_follows_postings();
CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON finance_account
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();

CREATE TRIGGER knows_its_transaction BEFORE INSERT ON finance_entry
    FOR EACH ROW EXECUTE FUNCTION finance_entry_knows_its_transaction();
CREATE CONSTRAINT TRIGGER is_balanced AFTER INSERT ON finance_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_entry_is_balanced();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON finance_entry
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();

CREATE TRIGGER moves_its_account BEFORE INSERT ON finance_posting
    FOR EACH ROW EXECUTE FUNCTION finance_posting_moves_its_account();
CREATE CONSTRAINT TRIGGER is_balanced AFTER INSERT ON finance_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION finance_posting_is_balanced();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON finance_posting
    FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();
"""

REMOVE = """
DROP TRIGGER stays ON finance_posting;
DROP TRIGGER is_balanced ON finance_posting;
DROP TRIGGER moves_its_account ON finance_posting;
DROP TRIGGER stays ON finance_entry;
DROP TRIGGER is_balanced ON finance_entry;
DROP TRIGGER knows_its_transaction ON finance_entry;
DROP TRIGGER stays ON finance_account;
DROP TRIGGER follows_postings ON finance_account;
DROP TRIGGER moves_by_posting ON finance_account;
DROP TRIGGER opens_empty ON finance_account;
DROP FUNCTION finance_posting_moves_its_account, finance_posting_is_balanced, finance_entry_is_balanced, finance_entry_knows_its_transaction,
    finance_account_follows_postings, finance_account_moves_by_posting, finance_account_opens_empty, finance_refuse;
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, REMOVE)]
