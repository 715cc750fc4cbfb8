"""Orders placed before inactivity was watched get their two weeks from now; old outcomes get their sums."""

from django.db import migrations

FILL = """
UPDATE orders_order SET idle_due_at = now() + interval '14 days', idle_warn_at = now() + interval '11 days'
WHERE status IN ('placed', 'in_work', 'delivered');
UPDATE orders_outcome AS o SET
    paid = CASE WHEN o.completed THEN r.seller_share ELSE 0 END,
    refunded = CASE WHEN o.completed THEN 0 ELSE r.total END,
    fault = CASE WHEN o.lowers_seller THEN 'seller' WHEN o.cause = 'CAN-01' THEN 'buyer' ELSE 'nobody' END
FROM orders_order AS r WHERE r.id = o.order_id;
UPDATE orders_outcome AS o SET repeated = true FROM orders_order AS r
WHERE r.id = o.order_id AND EXISTS (
    SELECT 1 FROM orders_outcome AS e JOIN orders_order AS x ON x.id = e.order_id
    WHERE e.completed AND e.at < o.at AND x.buyer_id = r.buyer_id AND x.seller_id = r.seller_id
);
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_disputes")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
