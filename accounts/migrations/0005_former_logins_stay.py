"""What the database itself sees to: a former login is nobody else's ever after (ACC-07), also from psql."""

from django.db import migrations

# After, not before: by then whoever wanted the same login has waited for the other's commit, and sees what it left.
GUARDS = """
CREATE FUNCTION accounts_login_is_nobodys_former() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_formerlogin WHERE upper(login) = upper(NEW.login) AND user_id <> NEW.id) THEN
        RAISE EXCEPTION 'accounts: the login % was another account''s', NEW.login
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'former_logins_stay_reserved';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION accounts_former_login_is_nobodys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM accounts_user WHERE upper(login) = upper(NEW.login) AND id <> NEW.user_id) THEN
        RAISE EXCEPTION 'accounts: the login % is another account''s', NEW.login
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'former_logins_stay_reserved';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER login_is_nobodys_former AFTER INSERT OR UPDATE OF login ON accounts_user
    FOR EACH ROW EXECUTE FUNCTION accounts_login_is_nobodys_former();
CREATE TRIGGER former_login_is_nobodys AFTER INSERT OR UPDATE ON accounts_formerlogin
    FOR EACH ROW EXECUTE FUNCTION accounts_former_login_is_nobodys();
"""

UNGUARDED = """
DROP TRIGGER former_login_is_nobodys ON accounts_formerlogin;
DROP TRIGGER login_is_nobodys_former ON accounts_user;
DROP FUNCTION accounts_former_login_is_nobodys;
DROP FUNCTION accounts_login_is_nobodys_former;
"""

# An address that waited beside a confirmed one was to replace it without asking there (ACC-06).
WAITING = """
DELETE FROM account_emailaddress waiting WHERE NOT verified AND EXISTS (
    SELECT FROM account_emailaddress kept WHERE kept.user_id = waiting.user_id AND kept.verified
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_changes_of_identity"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunSQL(GUARDS, UNGUARDED),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    ]
