import type { Call, Target } from '../../core/index.js'

/** Words for a preference of the call's that the account of an attempt does not meet; undefined where it does. */
export function unmetPreference({ preference }: Call, { account }: Target): string | undefined {
  if (!preference) return undefined
  const { account: id, upstream } = preference
  const met = (id ?? account.id) === account.id && (upstream ?? account.upstream) === account.upstream
  const wanted = [id && `account '${id}'`, upstream && `upstream '${upstream}'`].filter(Boolean).join(' of ')
  return met ? undefined : `${wanted} is preferred and cannot serve now: account '${account.id}' instead`
}
