-- Purpose: takes the turn from a hanging load at once instead of after stale_after, for people at a SQL prompt:
--   EXEC [ref].[sp_refdata_release_turn] @load_id = 7. Anything that load still publishes is refused.
-- Parameters: none here; of the procedure: @load_id.
-- Result: none here; of the procedure: released, 1 when the load held its table's turn, else 0.
CREATE PROCEDURE [ref].[sp_refdata_release_turn] @load_id INT
AS
BEGIN
    UPDATE [ref].[File_Monitor_Tracking]
    SET status = N'pending', attempt = attempt + 1
    WHERE id = @load_id AND status = N'processing'
    SELECT @@ROWCOUNT AS released
END
