/** A file's text, as vite gives it to tests in workerd, which have no disk. */
declare module "*.md?raw" {
  const text: string;
  export default text;
}
