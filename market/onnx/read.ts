/** What an ONNX file says about itself, read without running it. */
import { AssayError } from '../../core/errors.ts';
import { modelProto } from './schema.ts';

/** The metadata_props of an ONNX model. @throws ASSAY_MODEL_INVALID when the bytes are no ModelProto */
export function modelMetadata(bytes: Uint8Array): Readonly<Record<string, string>> {
  const { metadataProps } = decode(bytes) as unknown as { metadataProps: { key: string; value: string }[] };
  return Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
}

/**
 * Refuses a file in which anything stands that our schema does not know: weights in a file beside it, which no digest covers,
 * nested graphs, custom operators. What is known alone, written again, has to give the same bytes.
 * @throws ASSAY_MODEL_INVALID
 */
export function requireSelfContained(bytes: Uint8Array): void {
  const again = modelProto.encode(decode(bytes)).finish();
  if (Buffer.compare(again, bytes) !== 0) throw invalid('it holds fields that a self-contained model does not have');
}

function decode(bytes: Uint8Array): ReturnType<typeof modelProto.decode> {
  try {
    return modelProto.decode(bytes);
  } catch (cause) {
    throw invalid('the bytes are no ONNX model', cause);
  }
}

function invalid(reason: string, cause?: unknown): AssayError {
  return new AssayError('ASSAY_MODEL_INVALID', { digest: '(unread)', reason }, { cause });
}
