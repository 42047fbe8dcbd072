export { type Config, defineConfig, definePreset, type Preset, type Presets } from './define.js'
