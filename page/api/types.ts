// What the gateway answers, as the gateway's own code types it: types alone, nothing of it is in the bundle.
export type { AccountAnswer, AccountsAnswer, CooldownAnswer } from '../../core/admin/accounts.js'
export type { UpstreamAnswer, UpstreamsAnswer } from '../../core/admin/upstreams.js'
export type { BudgetsAnswer } from '../../plugins/budgets/state.js'
export type { UsageRow } from '../../plugins/ledger/sums.js'
export type { Usage as UsageAnswer } from '../../plugins/ledger/usage.js'
export type { AccountError, ErrorsAnswer } from '../../plugins/trace/errors.js'
export type { Now } from '../../plugins/trace/now.js'
export type { ResendAnswer } from '../../plugins/trace/resend.js'
export type { Details, Row } from '../../plugins/trace/views.js'

import type { Row } from '../../plugins/trace/views.js'

export interface RequestsAnswer {
  readonly requests: readonly Row[]
  /** For the next page. */
  readonly next?: string
}
