"""What was asked for, announced or claimed stays as it was written; only how it went on may change."""

from django.db import migrations

FACTS = {
    "finance_withdrawal": "id user_id top_up_id amount fee destination account_id card_id at",
    "finance_chargeback": "id top_up_id announced_id dispute_id at",
    "finance_offlinepayment": "id user_id amount way code at",
    "finance_topup": "id user_id at",
    "finance_payoutdetails": "id user_id",
    "finance_batch": "id date part",
}

FUNCTION = """
CREATE FUNCTION finance_facts_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
    fact text;
BEGIN
    FOREACH fact IN ARRAY TG_ARGV LOOP
        IF before -> fact IS DISTINCT FROM after -> fact THEN
            RAISE EXCEPTION 'money: % of % is never changed', fact, TG_TABLE_NAME USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
"""
GUARDS = FUNCTION + "\n".join(
    f"CREATE TRIGGER facts_stay BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION"
    f" finance_facts_stay({', '.join(facts.split())});"
    f" CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION finance_refuse();"
    for table, facts in FACTS.items()
)
REMOVE = (
    "\n".join(f"DROP TRIGGER facts_stay ON {table}; DROP TRIGGER stays ON {table};" for table in FACTS)
    + "DROP FUNCTION finance_facts_stay;"
)


class Migration(migrations.Migration):
    dependencies = [("finance", "0007_approvals_of_a_digest")]
    operations = [migrations.RunSQL(GUARDS, REMOVE)]
