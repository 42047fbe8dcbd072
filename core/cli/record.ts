import { resolve } from 'node:path'
import { defineCommand } from 'citty'
import { type CliContext, loadResolved } from './context.js'
import { runGateway } from './start.js'
import { record as row } from './table/run.js'
import { CommandLineError, UsageError } from './usage-error.js'

export const record = defineCommand({
  ...row,
  async run({ args, data }) {
    const given = data as CliContext
    if (!args.dir) throw new CommandLineError('name the folder: agproxy record DIR')
    const dir = resolve(given.cwd, args.dir)
    const context = { ...given, env: { ...given.env, AGPROXY_RECORD: dir } }
    const { chain } = await loadResolved(args, context, 'project')
    const options = chain.find(({ definition }) => definition.name === 'record')?.options as
      | { dir: string }
      | undefined
    if (!options) throw new UsageError("this config leaves the plugin 'record' out, or its preset has none")
    if (resolve(given.cwd, options.dir) !== dir)
      throw new UsageError(`this config records to ${options.dir}; take that out, or run agproxy start`)
    return runGateway(args, context)
  },
})
