import * as prompts from '@clack/prompts'
import { isBaseURL } from '../../upstream/base-url.js'
import { UsageError } from '../usage-error.js'
import type { Answers, Format, KeyPlace } from './answers.js'
import { OFFERS, type Offer } from './offers.js'

/** Whether an account answers with these answers: undefined, or why not. */
export type Try = (answers: Answers) => Promise<string | undefined>

/**
 * Asks on the terminal; what flags said is the answer that is offered first. `places`: the values of `global` that have no config yet. The key
 * is tried with one tiny request before anything is written.
 */
export async function ask(given: Answers, places: readonly boolean[], tryOut: Try): Promise<Answers> {
  prompts.intro('agproxy')
  if (places.length === 1)
    prompts.log.info(
      given.global ? 'For all folders: your own config' : 'For this folder alone, also a key in .env',
    )
  const upstream = answered(
    await prompts.select({
      message: 'Which upstream answers?',
      initialValue: given.upstream,
      maxItems: 12,
      options: OFFERS.map((offer) => ({
        ...{ value: offer, label: offer.title },
        ...(offer.isLocal && { hint: 'on your machine' }),
      })),
    }),
  )
  const baseURL =
    upstream.kind === 'url'
      ? answered(
          await prompts.text({
            message: 'Its base URL',
            placeholder: 'https://llm.example.com/anthropic',
            ...(given.baseURL !== undefined && { initialValue: given.baseURL }),
            validate: (url) => (isBaseURL(url ?? '') ? undefined : 'an http(s) URL without credentials'),
          }),
        )
      : given.baseURL
  const models = await askModels(upstream)
  const key = await askKey({ ...given, upstream, baseURL, models }, tryOut)
  const keyIn = key === '' ? 'environment' : await askKeyPlace(upstream.variable)
  const global = places.length > 1 ? await askPlace(given.global) : given.global
  const format = answered(
    await prompts.select<Format>({
      message: 'As what?',
      initialValue: given.format,
      options: [
        { value: 'ts', label: 'TypeScript', hint: 'plugins of your own' },
        { value: 'json', label: 'JSON' },
      ],
    }),
  )
  return { upstream, baseURL, key, keyIn, models, global, format }
}

async function askKey(answers: Answers, tryOut: Try): Promise<string> {
  const { isLocal, variable } = answers.upstream
  for (;;) {
    const typed = answered(
      await prompts.password({ message: `Its key (empty: ${isLocal ? 'none' : `from ${variable}`})` }),
    )
    const key = (typed ?? '').trim()
    if (key === '' && !isLocal) return ''
    const spinner = prompts.spinner()
    spinner.start('One tiny request')
    const fault = await tryOut({ ...answers, key })
    if (fault === undefined) {
      spinner.stop('It answers')
      return key
    }
    spinner.error(fault)
    const again = await prompts.select({
      message: 'And now?',
      options: [
        { value: true, label: isLocal ? 'try again' : 'another key' },
        { value: false, label: 'keep it as it is' },
      ],
    })
    if (!answered(again)) return key
  }
}

async function askKeyPlace(variable: string): Promise<KeyPlace> {
  return answered(
    await prompts.select<KeyPlace>({
      message: 'Where is it kept?',
      options: [
        { value: 'env-file', label: 'in a file .env beside the config', hint: 'for you alone, mode 0600' },
        { value: 'config', label: 'in the config itself', hint: 'mode 0600' },
        { value: 'environment', label: `nowhere: you set ${variable}` },
      ],
    }),
  )
}

async function askPlace(first: boolean): Promise<boolean> {
  return answered(
    await prompts.select({
      message: 'For which folders?',
      initialValue: first,
      options: [
        { value: true, label: 'all of them', hint: 'your own config; agproxy claude takes it everywhere' },
        { value: false, label: 'this one', hint: 'agproxy start takes it here' },
      ],
    }),
  )
}

async function askModels({ mapsModels, name }: Offer): Promise<Record<string, string>> {
  const own = answered(
    await prompts.confirm({
      message: mapsModels ? 'Name the models yourself?' : "Name its models? It may not know Claude's names",
      initialValue: mapsModels !== true,
    }),
  )
  if (!own) return {}
  const models: Record<string, string> = {}
  const unnamed = mapsModels ? `as ${name} maps it` : 'as it is'
  for (const family of ['opus', 'sonnet', 'haiku']) {
    const model = answered(await prompts.text({ message: `In place of ${family} (empty: ${unnamed})` }))
    if (model?.trim()) models[family] = model.trim()
  }
  return models
}

/** Whether the status line goes into the user's settings for Claude Code; without a yes nothing is changed there. */
export async function askStatusLine(file: string): Promise<boolean> {
  return answered(
    await prompts.confirm({
      message: `Show model, cost and cache in every session of Claude Code? It adds "statusLine" to ${file}`,
      initialValue: false,
    }),
  )
}

/** The answer; Ctrl-C and Escape end the command with nothing written. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (!prompts.isCancel(answer)) return answer as Exclude<T, symbol>
  prompts.cancel('nothing was written')
  throw new UsageError('cancelled; nothing was written')
}
