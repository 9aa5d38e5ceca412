/** Bundled as bytes by the `Data` rule of wrangler.toml. */
declare module "*.onnx" {
  const bytes: ArrayBuffer;
  export default bytes;
}
