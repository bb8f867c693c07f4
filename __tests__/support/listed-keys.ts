import type { Sandbox } from '../../sandbox/types.js'

/** A moment so many days before another, as Junction writes it. */
export function daysBefore(days: number, moment: Date = new Date()): string {
  return new Date(moment.getTime() - days * 86_400_000).toISOString()
}

/** A key of a made-up page of the list, which may look as the sandbox never makes one. */
export function listedKey(id: string, fields: Record<string, unknown>): Record<string, unknown> {
  return {
    id,
    created_at: '2020-01-01T00:00:00Z',
    role: 'team_admin',
    team_role_bindings: [],
    ...fields,
  }
}

/** Answers the next request for the list with a made-up page. */
export function answerList(
  { misbehave }: Sandbox,
  data: readonly unknown[],
  nextCursor: string | null = null,
  times = 1,
): void {
  const body = { data, next_cursor: nextCursor }
  misbehave({ kind: 'status', status: 200, method: 'GET', path: /management_key$/, body, times })
}
