"""Operations that have no place in a file of LiteRT, and what to do about them."""

from __future__ import annotations

from litesmith.frontends.tensorflow.registry import refuses

TEXT = """\
it works on texts, for which LiteRT has no operators; do it before the model, and give the model the numbers \
(layers of Keras for text are left to the app with split_preprocessing=True)"""

FILES = """\
it reads what a file or message holds, which LiteRT cannot; decode it in the app, and take the decoded tensor for an \
input (of a frozen graph: inputs={"name of the tensor": shape})"""

QUANTIZED = """\
TensorFlow 1 quantized this graph for its own kernels; convert the graph of floats that it was made of, and have it \
quantized with quantize="""

TRAINING = "it is a step of training; convert the function or signature that is meant for inference"

PYTHON = "it calls Python, which a file cannot hold; write that part in functions of tf"

DATA = "it waits for data of a pipeline; take what the pipeline yields for inputs"

PRINTED = "it writes text somewhere; leave it out of the function that is converted"

APPLIED = ("Apply", "ResourceApply", "ResourceSparseApply", "SparseApply")
RULES = ("Adadelta", "Adagrad", "AdagradDA", "CenteredRMSProp", "Ftrl", "FtrlV2", "Momentum", "RMSProp")
"""By which weights are trained."""

REFUSED: dict[str, tuple[str, ...]] = {
    TEXT: (
        *("AsString", "DecodeBase64", "EncodeBase64", "Fingerprint", "ReduceJoin", "RegexFullMatch", "RegexReplace"),
        *("StaticRegexFullMatch", "StaticRegexReplace", "StringFormat", "StringJoin", "StringLength", "StringLower"),
        *("StringNGrams", "StringSplit", "StringSplitV2", "StringStrip", "StringToHashBucket"),
        *("StringToHashBucketFast", "StringToHashBucketStrong", "StringToNumber", "StringUpper", "Substr"),
        *("UnicodeDecode", "UnicodeDecodeWithOffsets", "UnicodeEncode", "UnicodeScript", "UnicodeTranscode"),
        *("UnsortedSegmentJoin", "SparseCross", "SparseCrossHashed", "SparseCrossV2"),
    ),
    FILES: (
        *("DecodeAndCropJpeg", "DecodeBmp", "DecodeCSV", "DecodeCompressed", "DecodeGif", "DecodeImage"),
        *("DecodeJSONExample", "DecodeJpeg", "DecodePaddedRaw", "DecodePng", "DecodeProtoV2", "DecodeRaw", "DecodeWav"),
        *("EncodeJpeg", "EncodeJpegVariableQuality", "EncodePng", "EncodeProto", "EncodeWav", "MatchingFiles"),
        *("ParseExample", "ParseExampleV2", "ParseSequenceExample", "ParseSequenceExampleV2", "ParseSingleExample"),
        *("ParseSingleSequenceExample", "ParseTensor", "ReadFile", "SerializeTensor", "WriteFile"),
    ),
    QUANTIZED: (
        *("Dequantize", "QuantizeDownAndShrinkRange", "QuantizeV2", "QuantizedAdd", "QuantizedAvgPool"),
        *("QuantizedBatchNormWithGlobalNormalization", "QuantizedBiasAdd", "QuantizedConcat", "QuantizedConcatV2"),
        *("QuantizedConv2D", "QuantizedConv2DPerChannel", "QuantizedConv2DWithBias", "QuantizedDepthwiseConv2D"),
        *("QuantizedInstanceNorm", "QuantizedMatMul", "QuantizedMatMulWithBias", "QuantizedMaxPool", "QuantizedMul"),
        *("QuantizedRelu", "QuantizedRelu6", "QuantizedReluX", "QuantizedReshape", "QuantizedResizeBilinear"),
        *("RequantizationRange", "RequantizationRangePerChannel", "Requantize", "RequantizePerChannel"),
        *("UniformDequantize", "UniformQuantize", "UniformQuantizedAdd", "UniformQuantizedConvolution"),
        *("UniformQuantizedDot", "UniformRequantize"),
    ),
    TRAINING: (
        *(
            f"{where}{how}"
            for where in ("Apply", "ResourceApply", "ResourceSparseApply", "SparseApply")
            for how in RULES
        ),
        *("ApplyAdam", "ApplyGradientDescent", "ResourceApplyAdam", "ResourceApplyAdamWithAmsgrad"),
        *("ResourceApplyGradientDescent", "ResourceApplyKerasMomentum", "ResourceSparseApplyKerasMomentum"),
    ),
    PYTHON: ("EagerPyFunc", "PyFunc", "PyFuncStateless"),
    DATA: (
        *("FIFOQueue", "FIFOQueueV2", "PaddingFIFOQueueV2", "QueueDequeue", "QueueDequeueMany", "QueueDequeueManyV2"),
        *("QueueDequeueUpToV2", "QueueDequeueV2", "RandomShuffleQueueV2"),
        *("Iterator", "IteratorGetNext", "IteratorGetNextSync", "IteratorV2", "OneShotIterator"),
    ),
    PRINTED: ("HistogramSummary", "ImageSummary", "MergeSummary", "ScalarSummary", "TensorSummary", "Timestamp"),
}
"""The operations that are refused for each reason."""


for _why, _names in REFUSED.items():
    refuses(_why, *_names)
