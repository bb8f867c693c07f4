import type { Sandbox } from '../../sandbox/types.js'

/** A time this many days before another, as Junction writes it. */
export function daysBefore(days: number, moment: Date = new Date()): string {
  return new Date(moment.getTime() - days * 86_400_000).toISOString()
}

/** A key on a made-up page of the list, which the sandbox would never return. */
export function listedKey(id: string, fields: Record<string, unknown>): Record<string, unknown> {
  return {
    id,
    created_at: '2020-01-01T00:00:00Z',
    role: 'team_admin',
    team_role_bindings: [],
    ...fields,
  }
}

export function answerList(
  { misbehave }: Sandbox,
  data: readonly unknown[],
  nextCursor: string | null = null,
  times = 1,
): void {
  const body = { data, next_cursor: nextCursor }
  misbehave({ kind: 'status', status: 200, method: 'GET', path: /management_key$/, body, times })
}
