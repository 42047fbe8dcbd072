import { defineCommand } from 'citty'
import { callAdmin } from './admin.js'
import { answerText } from './answer-text.js'
import { type CliContext, loadResolved } from './context.js'
import { sideBySide } from './resend-text.js'
import { type KeptRequest, type Side, sendElsewhere } from './send-elsewhere.js'
import { resend as row } from './table/look.js'
import { CommandLineError, UsageError } from './usage-error.js'

/** As much of the API's answer as is compared. */
interface Told extends Omit<Side, 'text'> {
  readonly mappedModel?: string
  readonly bodies?: {
    readonly request?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly query?: string
    readonly answer?: string
  }
}

export const resend = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const { request: id, upstream, account, model } = args
    if (!id || !/^req_\w+$/.test(id))
      throw new CommandLineError('name the request: agproxy resend ID --upstream NAME')
    if (!upstream && !account && !model)
      throw new CommandLineError('say where to: --upstream NAME, --account ID or --model NAME')
    const config = await loadResolved(args, context)
    const told = (await callAdmin(config, context.env, args, 'GET', `requests/${id}`)) as Told
    const before = {
      ...told,
      model: told.mappedModel ?? told.model,
      text: answerText(told.bodies?.answer ?? ''),
    }
    const now = await sendElsewhere(config, keptOf(told), { upstream, account, model })
    context.out(
      args.json
        ? `${JSON.stringify({ before: picked(before), now }, null, 2)}\n`
        : sideBySide(before, now, process.stdout.columns ?? 120),
    )
    return now.status === 200 ? 0 : 1
  },
})

function keptOf({ bodies }: Told): KeptRequest {
  if (!bodies)
    throw new UsageError(
      'the gateway keeps no bodies: set trace: { bodies: true } in its config, and ask again',
    )
  const { request: body, headers = {}, query = '' } = bodies
  if (body === undefined) throw new UsageError('the body of this request is not kept: it is too large')
  return { body, headers, query }
}

/** The fields of a side, of all that the API tells. */
function picked(side: Side): Side {
  const { upstream, account, model, status, ms, firstContentMs, stopReason, cost, plan, text } = side
  const { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens } = side
  const tokens = { inputTokens, outputTokens, cacheReadTokens, cacheCreationTokens }
  return { upstream, account, model, status, ms, firstContentMs, ...tokens, cost, plan, stopReason, text }
}
