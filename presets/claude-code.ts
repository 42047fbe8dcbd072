import { definePreset } from '../core/config/define.js'
import { anthropic } from '../plugins/anthropic/index.js'
import { attribution } from '../plugins/attribution/index.js'
import { auth } from '../plugins/auth/index.js'
import { background } from '../plugins/background/index.js'
import { budgets } from '../plugins/budgets/index.js'
import { cacheControl } from '../plugins/cache-control/index.js'
import { content } from '../plugins/content/index.js'
import { countTokens } from '../plugins/count-tokens/index.js'
import { echo } from '../plugins/echo/index.js'
import { errors } from '../plugins/errors/index.js'
import { features } from '../plugins/features/index.js'
import { forceStream } from '../plugins/force-stream/index.js'
import { learn } from '../plugins/learn/index.js'
import { ledger } from '../plugins/ledger/index.js'
import { limits } from '../plugins/limits/index.js'
import { metrics } from '../plugins/metrics/index.js'
import { modelMap } from '../plugins/model-map/index.js'
import { models } from '../plugins/models/index.js'
import { otel } from '../plugins/otel/index.js'
import { record } from '../plugins/record/index.js'
import { retryRotate } from '../plugins/retry-rotate/index.js'
import { roleMerge } from '../plugins/role-merge/index.js'
import { streamGuard } from '../plugins/stream-guard/index.js'
import { systemRole } from '../plugins/system-role/index.js'
import { thinking } from '../plugins/thinking/index.js'
import { toolPairs } from '../plugins/tool-pairs/index.js'
import { toolSchema } from '../plugins/tool-schema/index.js'
import { trace } from '../plugins/trace/index.js'
import { warmup } from '../plugins/warmup/index.js'
import { zai } from '../plugins/zai/index.js'

/** Claude Code, and any other client of the Messages API, on whatever upstreams there are keys for. */
export const claudeCode = definePreset({
  name: 'claude-code',
  accountsFromEnv: { ZAI_API_KEY: 'zai', AGPROXY_ANTHROPIC_API_KEY: 'anthropic' },
  plugins: [
    // Once a request.
    auth,
    trace, // looks on at all of them, and keeps the answer as the client gets it
    ledger,
    metrics, // off until the config wants it
    budgets, // likewise
    otel, // off without OTEL_EXPORTER_OTLP_ENDPOINT
    warmup, // looks at the messages as the client sent them
    background, // by shapes as the client sent them, too
    countTokens,
    models,
    streamGuard, // outside the attempts: the client waits for one answer, however many it takes
    modelMap, // inside of the client's wait, outside of the attempts: what it sends elsewhere has attempts of its own
    // Everything below runs anew for each attempt, fitted to the upstream that was chosen for it.
    retryRotate,
    errors, // first, so that what it makes of an answer decides what comes next
    learn, // outside the fixes, which do what it says; inside `errors`, to read the upstream's own words
    attribution,
    thinking, // before the fixes that look at blocks which may go
    systemRole,
    content,
    toolPairs, // behind what empties results
    toolSchema,
    features, // behind what asks for the effort
    cacheControl,
    limits, // behind what sets a budget
    roleMerge,
    forceStream,
    record, // sees what leaves and what comes, as it does; off until the config wants it
    // The upstreams, in order of preference where accounts don't say.
    zai,
    anthropic,
    echo, // answers offline while there is no account at all
  ],
})
