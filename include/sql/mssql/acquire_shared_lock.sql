-- Purpose: takes a shared application lock, which is released when the transaction ends.
-- Parameters: resource, milliseconds to wait.
-- Result: granted, 0 or 1 when the lock is held, negative when it is not (-1 timeout, -2 cancelled, -3 deadlock).
DECLARE @resource NVARCHAR(255) = ?, @patience INT = ?, @granted INT
EXEC @granted = sp_getapplock @Resource = @resource, @LockMode = 'Shared', @LockOwner = 'Transaction',
    @LockTimeout = @patience
SELECT @granted AS granted
