import { styleText } from 'node:util'
import { defineCommand } from 'citty'
import { type CliContext, loadResolved } from './context.js'
import { accounts, clock } from './doctor/accounts.js'
import { client, settings, shell } from './doctor/claude-code.js'
import { edit, type Finding, type Patient } from './doctor/finding.js'
import { gateway, proxies } from './doctor/gateway.js'
import { disk, node } from './doctor/machine.js'
import { ownName } from './own-name.js'
import { doctor as row } from './table/set-up.js'

export const doctor = defineCommand({
  ...row,
  async run({ args, data }) {
    const context = data as CliContext
    const found = [node(), disk({ context }), ...(await aboutConfig(context, args))]
    const own = ownName(context.cwd, context.env)
    const findings = found.map((finding) => ({
      ...finding,
      ...(finding.mend && { mend: named(finding.mend, own) }),
    }))
    const broken = findings.filter(({ level }) => level === 'error').length
    if (args.json) context.out(`${JSON.stringify({ ok: broken === 0, findings }, undefined, 2)}\n`)
    else context.out(printed(findings, broken, process.stdout.isTTY && !context.env.NO_COLOR))
    return broken === 0 ? 0 : 1
  },
})

/** The command as it is called here. */
const named = (mend: string, own: string) => mend.replace(/(^|&& |\$\()agproxy(?= )/g, `$1${own}`)

type Args = Patient['args'] & { readonly offline?: boolean | undefined }

async function aboutConfig(context: CliContext, args: Args): Promise<Finding[]> {
  const about = 'config'
  let patient: Patient
  try {
    const config = await loadResolved(args, context)
    patient = { context, args, config, calls: !args.offline }
  } catch (error) {
    const { message, file } = error as Error & { file?: string }
    const mend = file === undefined ? 'agproxy check' : edit(file, 'as the message says')
    return [{ about, level: 'error', text: message, mend }]
  }
  const { file, warnings } = patient.config
  const text = file ?? 'none found, defaults in force'
  const looks: (Finding | Finding[] | Promise<Finding | Finding[]>)[] = [
    { about, level: 'ok', text },
    // What is said of no account at all is a finding of its own.
    warnings
      .filter((warning) => !warning.startsWith('no upstream account'))
      .map((warning): Finding => ({ about, level: 'warn', text: warning, mend: 'agproxy check' })),
    guarded('accounts', () => accounts(patient)),
    guarded('gateway', () => gateway(patient)),
    proxies(patient),
    guarded('clock', () => clock(patient)),
    client(patient),
    shell(patient),
    settings(patient),
  ]
  return (await Promise.all(looks)).flat()
}

/** A plugin that can't be set up fails here, as it would at a start. */
async function guarded(about: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look()
  } catch (error) {
    return [{ about, level: 'error', text: (error as Error).message, mend: 'agproxy check' }]
  }
}

const STYLES = { ok: 'dim', warn: 'yellow', error: 'red' } as const

function printed(findings: readonly Finding[], broken: number, colours: boolean): string {
  const width = Math.max(...findings.map(({ about }) => about.length))
  const lines = findings.flatMap(({ about, level, text, mend }) => {
    const line = `${level.padEnd(5)}  ${about.padEnd(width)}  ${text.replaceAll('\n', `\n${' '.repeat(width + 9)}`)}`
    const painted = colours ? styleText(STYLES[level], line, { validateStream: false }) : line
    return mend === undefined ? [painted] : [painted, `${' '.repeat(width + 9)}→ ${mend}`]
  })
  const warned = findings.filter(({ level }) => level === 'warn').length
  const also = warned > 0 ? `, ${warned} warning${warned > 1 ? 's' : ''}` : ''
  return `${lines.join('\n')}\n\n${broken === 0 ? 'nothing is broken' : `${broken} broken`}${also}\n`
}
