import { defineCommand } from 'citty'
import { heading } from '../config/print.js'
import { durationText } from '../upstream/times.js'
import type { CliContext } from './context.js'
import { type RegisteredGateway, registeredGateways } from './registry.js'
import { status as row } from './table/run.js'

/** Milliseconds for any answer at all. */
const PATIENCE = 2_000

export const status = defineCommand({
  ...row,
  async run({ args, data }) {
    const { env, out } = data as CliContext
    const found = await Promise.all(
      registeredGateways(env).map(async (gateway) => ({
        ...gateway,
        answers: await answersAtAll(gateway.url),
      })),
    )
    if (args.json) out(`${JSON.stringify(found, undefined, 2)}\n`)
    else if (found.length === 0) out('no gateway of this user runs; agproxy start -d starts one\n')
    else out(`${found.map(card).join('\n\n')}\n`)
    return found.length > 0 && found.every(({ answers }) => answers) ? 0 : 1
  },
})

type Found = RegisteredGateway & { readonly answers: boolean }

function card({ url, pid, by, startedAt, config, models, log, answers, version }: Found): string {
  const since = durationText(Date.now() - Date.parse(startedAt))
  return heading(`${url}${answers ? '' : '  does not answer'}`, [
    ['pid', `${pid}, for ${since}${by === 'claude' ? ', for one session of Claude Code' : ''}`],
    ['version', version],
    ['config', config ?? 'none found, defaults in force'],
    ...(models.length > 0 ? [['models', models.join(', ')]] : []),
    ['log', log ?? 'where it was started'],
  ])
}

/** Even a refusal is an answer: it may want a key that is not known here. */
async function answersAtAll(url: string): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE)
  return fetch(`${url}/healthz`, { redirect: 'manual', signal }).then(
    () => true,
    // A certificate of its own making is refused after it answered.
    (error: Error) =>
      /CERT|SELF_SIGNED|ALTNAME/.test((error.cause as { code?: string } | undefined)?.code ?? ''),
  )
}
