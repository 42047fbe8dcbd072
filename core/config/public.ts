export {
  type Config,
  defineConfig,
  definePreset,
  type Preset,
  type Presets,
  type UpstreamData,
} from './define.js'
