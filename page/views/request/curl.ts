/** A command line for the same request; the body goes in as it is, between two lines that it does not hold. */
export function curlOf(path: string, body: string): string {
  let end = 'BODY'
  while (body.includes(end)) end += '_'
  return `${head(path)} --data-binary @- <<'${end}'\n${body}\n${end}\n`
}

/** Where the gateway does not keep bodies. */
export function curlWithout(path: string): string {
  return `${head(path)} --data-binary @request.json\n`
}

function head(path: string): string {
  const url = `${location.origin}${path}`.replaceAll("'", '%27')
  return `curl -sS '${url}' -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' -H "x-api-key: $ANTHROPIC_AUTH_TOKEN"`
}
