import { defineCommand } from 'citty'
import { askAdmin } from './admin.js'
import { openInBrowser } from './browser.js'
import { type CliContext, loadResolved } from './context.js'
import { ui as row } from './table/look.js'

export const ui = defineCommand({
  ...row,
  async run({ args, rawArgs, data }) {
    const context = data as CliContext
    const resolved = await loadResolved(args, context)
    const { url, key } = await askAdmin(resolved, context.env, args, 'GET', 'accounts')
    // In the fragment, which no browser sends and no log shows; the page takes it out of the address bar.
    const page = `${url}/_agproxy/#key=${encodeURIComponent(key)}`
    if (!rawArgs.includes('--no-open') && (await openInBrowser(page, context.env)))
      context.out(`${url}/_agproxy/ opens in your browser\n`)
    else context.out(`${page}\n`)
    return 0
  },
})
