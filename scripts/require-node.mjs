// Plain JavaScript: it has to run on the Node that is too old, in order to say so.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(
    `ASSAY_NODE_TOO_OLD: Assay runs on Node 24 or newer, this is ${process.version}.\n` +
      'The npm package "node" brings it, but its install script did not run, so the machine\'s own Node was used.\n' +
      'Remedy: "npm rebuild node" (or "npm ci --ignore-scripts=false"), then try again; or put Node 24 on the PATH.',
  );
  process.exit(3);
}
