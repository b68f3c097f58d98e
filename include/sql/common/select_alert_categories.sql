-- Purpose: lists the categories that have alerts waiting to be sent.
-- Parameters: none.
-- Result: category, number of alerts.
SELECT category, COUNT(*)
FROM [ref].[Reference_Data_Alert]
WHERE sent_at IS NULL
GROUP BY category
ORDER BY category
