// `agproxy/kit`, the second door: tools that our own plugins are made with. docs/kit.md lists them in groups.
export { releaseOnEnd } from './accounts/release-on-end.js'
export { accountRequest } from './accounts/request.js'
export type {
  Cassette,
  CassetteAnswer,
  CassetteAttempt,
  CassetteEvent,
  CassetteRequest,
} from './cassette/format.js'
export { namesOfUser, withoutUser } from './cassette/redact.js'
export {
  type CassetteSecrets,
  cassetteBody,
  cassetteEvent,
  cassetteName,
  cassetteText,
} from './cassette/write.js'
export type { Change, ShownChanges } from './contract/change.js'
export {
  type ErrorBody,
  errorBody,
  isErrorBody,
  isServerFailure,
  statusOfType,
  typeOfStatus,
} from './errors/api-errors.js'
export { embeddedError } from './errors/embedded-error.js'
export { isKnownError, isReported, loggable } from './errors/gateway-errors.js'
export { type UpstreamWords, wordsOfJson } from './errors/upstream-words.js'
export { answerText } from './exchange/answer-text.js'
export { orCancelled, sleep } from './exchange/cancellation.js'
export { bodyDifferences } from './exchange/changes.js'
export { KeyRing, presentedKeys } from './exchange/client-keys.js'
export { editMessage } from './exchange/edit-message.js'
export { foreignSource } from './exchange/foreign-source.js'
export { endToEnd, headerText } from './exchange/headers.js'
export { cancellationOf } from './exchange/inner.js'
export { type MapTextOptions, mapText } from './exchange/map-text.js'
export { namedWindow } from './exchange/named-window.js'
export { type Passage, type SeenBody, type SeenCall, Sightings } from './exchange/passages.js'
export { plainHeaders, plainQuery } from './exchange/plain-headers.js'
export { SEAL } from './exchange/sealed.js'
export { shownStatus } from './exchange/shown-status.js'
export { sideOf } from './exchange/side.js'
export { type ReplyWatcher, watchReply } from './exchange/watch-reply.js'
export { oddFile } from './files/read.js'
export { addedItems, applyEdits, arrayOf, withoutItems, withoutMembers } from './json/edit.js'
export { JsonNode } from './json/node.js'
export { isRecord, type JsonRecord, parseJson } from './json/plain.js'
export { type NamedFactory, namedUpstream } from './plugin/named.js'
export { isPackageMissing, optionalPackage } from './plugin/optional-package.js'
export { FORWARDED_ROUTES } from './plugin/routes.js'
export { costOf, type RequestCost } from './prices/cost-of.js'
export { stateFolder } from './state/folder.js'
export type { TextBlocks } from './stream/map-stream-text.js'
export { PassThrough } from './stream/pass-through.js'
export { bytesSource, iterableSource } from './stream/source.js'
export { FrameDecoder } from './stream/sse-decoder.js'
export { acceptsOption } from './upstream/accepts.js'
export {
  createForwarder,
  type ForwarderOptions,
  type ForwarderServices,
} from './upstream/anthropic-forwarder.js'
export { type BaseURL, baseURLOption, isBaseURL } from './upstream/base-url.js'
export { claudeFacts } from './upstream/claude-facts.js'
export { cooldownOf } from './upstream/cooldown.js'
export { wordsOfText } from './upstream/error-text.js'
export { acceptsOf, type UpstreamFact } from './upstream/facts.js'
export { clientKeyOption } from './upstream/key-text.js'
export { keyOf } from './upstream/keys.js'
export { extended, Learned, type Lesson } from './upstream/learned.js'
export { mapModel, mappedName, matchesModel, namedModels } from './upstream/models.js'
export type { HeaderRules, KeyHeader, RequestHeaders } from './upstream/request-headers.js'
export { retryAfterSeconds, retryDelay, withLocalTimes } from './upstream/retry-after.js'
export { durationText } from './upstream/times.js'
export { bodyWith, type Wire, type WireContext, type WireRequest } from './upstream/wire.js'
