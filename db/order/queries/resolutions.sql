-- name: InsertResolution :execrows
INSERT INTO saga_resolutions (workflow_id, id, step, action, reason, input, decided_by, state_before, state_after, decided_at)
VALUES (@workflow_id, @id, @step, @action, @reason, sqlc.narg(input), @decided_by, @state_before, @state_after, @decided_at)
ON CONFLICT ON CONSTRAINT saga_resolutions_once DO NOTHING;

-- name: ListResolutions :many
SELECT * FROM saga_resolutions WHERE workflow_id = @workflow_id ORDER BY decided_at, id;
