import http from 'node:http'

// The least that a proxy on node:http can do: pipe the request up and the answer down.
const [port, upstreamPort] = [Number(process.argv[2]), Number(new URL(process.argv[3]).port)]
const agent = new http.Agent({ keepAlive: true, maxSockets: 2048 })

http
  .createServer((req, res) => {
    const { connection: _, host: __, ...headers } = req.headers
    const up = http.request({
      host: '127.0.0.1',
      port: upstreamPort,
      agent,
      method: req.method,
      path: req.url,
      headers,
    })
    up.on('response', (reply) => {
      const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...own } = reply.headers
      res.writeHead(reply.statusCode ?? 502, own)
      reply.pipe(res)
    })
    up.on('error', () => res.destroy())
    res.on('close', () => up.destroy())
    req.pipe(up)
  })
  .listen(port, '127.0.0.1')
