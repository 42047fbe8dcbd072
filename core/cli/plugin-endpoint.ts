import { PoolState } from '../accounts/pool-state.js'
import { buildChain } from '../chain/build.js'
import { answerFrom } from '../chain/endpoints.js'
import type { ResolvedConfig } from '../config/resolved.js'
import type { Logger } from '../contract/services.js'
import { ChainEndpointRequest } from '../exchange/endpoint-request.js'
import { isLoopback } from '../exchange/loopback.js'
import { ExchangeRecord } from '../exchange/record.js'
import { createHttpClient } from '../upstream/http.js'
import { Transport } from '../upstream/transport.js'
import { UsageError } from './usage-error.js'

const nothing = () => {}
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => quiet }

/** What a GET of a plugin's own route answers, without a gateway: the plugin is built as the config has it, and it alone. */
export async function askPlugin<T>(
  config: ResolvedConfig,
  plugin: string,
  path: string,
  query: string,
): Promise<T> {
  const chain = config.chain.filter(({ definition }) => definition.name === plugin)
  const { host, port } = config.server
  const transport = new Transport()
  try {
    const running = await buildChain(
      { ...config, chain, accounts: [] },
      {
        logger: quiet,
        transport,
        http: createHttpClient(transport),
        poolState: new PoolState(),
        server: { host, port, loopback: isLoopback(host) },
      },
    )
    try {
      const found = running.endpoints.find('GET', path)?.found
      if (!found) throw new UsageError(`this config has no ${path}: the plugin '${plugin}' is switched off`)
      const head = {
        id: 'req_cli',
        route: 'endpoint',
        method: 'GET',
        path,
        query,
        headers: {},
        params: {},
        signal: new AbortController().signal,
        record: new ExchangeRecord(),
      } as const
      return await (await answerFrom(found, new ChainEndpointRequest(head, Buffer.alloc(0)))).json<T>()
    } finally {
      await running.dispose()
    }
  } finally {
    await transport.close()
  }
}
