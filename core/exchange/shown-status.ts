import type { Headers } from '../contract/http.js'
import { header } from './headers.js'

/** Claude Code, of the terminal and of the Agent SDK: `claude-cli/2.1.330 (external, sdk-ts, agent-sdk/0.3.330)`. */
const CLAUDE_CODE = /^claude-cli\//
/** Claude Code shows the words of one as they are, after one request. */
const SHOWN = 424

/**
 * The status for an error that is about the gateway's own account, base URL or config, which its user can mend and a retry
 * can't. Claude Code takes a 401 or 403 for its own login ("Please run /login") and a 404 for its own choice of a model, whose
 * words it does not show, and calls a 5xx "usually temporary" (2.1.330, tried with each). Other clients get the status as it is.
 */
export function shownStatus(status: number, client: Headers): number {
  const isTakenWrong = status === 401 || status === 403 || status === 404 || status >= 500
  return isTakenWrong && CLAUDE_CODE.test(header(client, 'user-agent') ?? '') ? SHOWN : status
}
