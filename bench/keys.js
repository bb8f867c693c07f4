/** The key that the server hands out, the same each time; a fake, as published (ClientFacingManagementKeyUnhashed). */
export const NEW_KEY = {
  id: '6f1d2c3b-4a59-4e68-8f77-0a1b2c3d4e5f',
  label: 'preview-42',
  created_at: '2026-11-24T00:00:00+00:00',
  creator: { type: 'management_key' },
  role: 'team_admin',
  team_role_bindings: [{ team_id: 'a0b1c2d3-e4f5-4a6b-8c7d-9e0f1a2b3c4d' }],
  key: 'mg_bench_this-is-not-a-real-key',
}

/** Keys that were created long ago, as a list shows them: what a revoke by label and a prune find. */
export const MANY_KEYS = Array.from({ length: 100 }, (_, index) => ({
  ...NEW_KEY,
  id: `6f1d2c3b-4a59-4e68-8f77-${String(index).padStart(12, '0')}`,
  created_at: '2026-01-01T00:00:00+00:00',
  key: undefined,
}))
