/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/tflite.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Options of operators: only numbers, vectors of numbers, and texts. One for each number of the
 * union, from 1. */
static const struct sr_flatbuffer_type OPTIONS_TABLES[] = {
    {"Conv2DOptions", "biibiib", NULL, 0},
    {"DepthwiseConv2DOptions", "biiibii", NULL, 0},
    {"ConcatEmbeddingsOptions", "iII", NULL, 0},
    {"LSHProjectionOptions", "b", NULL, 0},
    {"Pool2DOptions", "biiiib", NULL, 0},
    {"SVDFOptions", "ibb", NULL, 0},
    {"RNNOptions", "bb", NULL, 0},
    {"FullyConnectedOptions", "bbbbb", NULL, 0},
    {"SoftmaxOptions", "i", NULL, 0},
    {"ConcatenationOptions", "ib", NULL, 0},
    {"AddOptions", "bb", NULL, 0},
    {"L2NormOptions", "b", NULL, 0},
    {"LocalResponseNormalizationOptions", "iiii", NULL, 0},
    {"LSTMOptions", "biibb", NULL, 0},
    {"ResizeBilinearOptions", "iibb", NULL, 0},
    {"CallOptions", "i", NULL, 0},
    {"ReshapeOptions", "I", NULL, 0},
    {"SkipGramOptions", "iib", NULL, 0},
    {"SpaceToDepthOptions", "i", NULL, 0},
    {"EmbeddingLookupSparseOptions", "b", NULL, 0},
    {"MulOptions", "b", NULL, 0},
    {"PadOptions", "", NULL, 0},
    {"GatherOptions", "ii", NULL, 0},
    {"BatchToSpaceNDOptions", "", NULL, 0},
    {"SpaceToBatchNDOptions", "", NULL, 0},
    {"TransposeOptions", "", NULL, 0},
    {"ReducerOptions", "b", NULL, 0},
    {"SubOptions", "bb", NULL, 0},
    {"DivOptions", "b", NULL, 0},
    {"SqueezeOptions", "I", NULL, 0},
    {"SequenceRNNOptions", "bbb", NULL, 0},
    {"StridedSliceOptions", "iiiiib", NULL, 0},
    {"ExpOptions", "", NULL, 0},
    {"TopKV2Options", "", NULL, 0},
    {"SplitOptions", "i", NULL, 0},
    {"LogSoftmaxOptions", "", NULL, 0},
    {"CastOptions", "bb", NULL, 0},
    {"DequantizeOptions", "", NULL, 0},
    {"MaximumMinimumOptions", "", NULL, 0},
    {"ArgMaxOptions", "b", NULL, 0},
    {"LessOptions", "", NULL, 0},
    {"NegOptions", "", NULL, 0},
    {"PadV2Options", "", NULL, 0},
    {"GreaterOptions", "", NULL, 0},
    {"GreaterEqualOptions", "", NULL, 0},
    {"LessEqualOptions", "", NULL, 0},
    {"SelectOptions", "", NULL, 0},
    {"SliceOptions", "", NULL, 0},
    {"TransposeConvOptions", "biibb", NULL, 0},
    {"SparseToDenseOptions", "b", NULL, 0},
    {"TileOptions", "", NULL, 0},
    {"ExpandDimsOptions", "", NULL, 0},
    {"EqualOptions", "", NULL, 0},
    {"NotEqualOptions", "", NULL, 0},
    {"ShapeOptions", "b", NULL, 0},
    {"PowOptions", "", NULL, 0},
    {"ArgMinOptions", "b", NULL, 0},
    {"FakeQuantOptions", "iiib", NULL, 0},
    {"PackOptions", "ii", NULL, 0},
    {"LogicalOrOptions", "", NULL, 0},
    {"OneHotOptions", "i", NULL, 0},
    {"LogicalAndOptions", "", NULL, 0},
    {"LogicalNotOptions", "", NULL, 0},
    {"UnpackOptions", "ii", NULL, 0},
    {"FloorDivOptions", "", NULL, 0},
    {"SquareOptions", "", NULL, 0},
    {"ZerosLikeOptions", "", NULL, 0},
    {"FillOptions", "", NULL, 0},
    {"BidirectionalSequenceLSTMOptions", "biibbb", NULL, 0},
    {"BidirectionalSequenceRNNOptions", "bbbb", NULL, 0},
    {"UnidirectionalSequenceLSTMOptions", "biibbb", NULL, 0},
    {"FloorModOptions", "", NULL, 0},
    {"RangeOptions", "", NULL, 0},
    {"ResizeNearestNeighborOptions", "bb", NULL, 0},
    {"LeakyReluOptions", "i", NULL, 0},
    {"SquaredDifferenceOptions", "", NULL, 0},
    {"MirrorPadOptions", "b", NULL, 0},
    {"AbsOptions", "", NULL, 0},
    {"SplitVOptions", "i", NULL, 0},
    {"UniqueOptions", "b", NULL, 0},
    {"ReverseV2Options", "", NULL, 0},
    {"AddNOptions", "", NULL, 0},
    {"GatherNdOptions", "", NULL, 0},
    {"CosOptions", "", NULL, 0},
    {"WhereOptions", "", NULL, 0},
    {"RankOptions", "", NULL, 0},
    {"ReverseSequenceOptions", "ii", NULL, 0},
    {"MatrixDiagOptions", "", NULL, 0},
    {"QuantizeOptions", "", NULL, 0},
    {"MatrixSetDiagOptions", "", NULL, 0},
    {"HardSwishOptions", "", NULL, 0},
    {"IfOptions", "ii", NULL, 0},
    {"WhileOptions", "ii", NULL, 0},
    {"DepthToSpaceOptions", "i", NULL, 0},
    {"NonMaxSuppressionV4Options", "", NULL, 0},
    {"NonMaxSuppressionV5Options", "", NULL, 0},
    {"ScatterNdOptions", "", NULL, 0},
    {"SelectV2Options", "", NULL, 0},
    {"DensifyOptions", "", NULL, 0},
    {"SegmentSumOptions", "", NULL, 0},
    {"BatchMatMulOptions", "bbb", NULL, 0},
    {"CumsumOptions", "bb", NULL, 0},
    {"CallOnceOptions", "i", NULL, 0},
    {"BroadcastToOptions", "", NULL, 0},
    {"Rfft2dOptions", "", NULL, 0},
    {"Conv3DOptions", "biiibiii", NULL, 0},
    {"HashtableOptions", "ibb", NULL, 0},
    {"HashtableFindOptions", "", NULL, 0},
    {"HashtableImportOptions", "", NULL, 0},
    {"HashtableSizeOptions", "", NULL, 0},
    {"VarHandleOptions", "ss", NULL, 0},
    {"ReadVariableOptions", "", NULL, 0},
    {"AssignVariableOptions", "", NULL, 0},
    {"RandomOptions", "ll", NULL, 0},
    {"BucketizeOptions", "I", NULL, 0},
    {"GeluOptions", "b", NULL, 0},
    {"DynamicUpdateSliceOptions", "", NULL, 0},
    {"UnsortedSegmentProdOptions", "", NULL, 0},
    {"UnsortedSegmentMaxOptions", "", NULL, 0},
    {"UnsortedSegmentMinOptions", "", NULL, 0},
    {"UnsortedSegmentSumOptions", "", NULL, 0},
    {"ATan2Options", "", NULL, 0},
    {"SignOptions", "", NULL, 0},
    {"BitcastOptions", "", NULL, 0},
    {"BitwiseXorOptions", "", NULL, 0},
    {"RightShiftOptions", "", NULL, 0},
};
static const struct sr_flatbuffer_type *const OPTIONS_LIST[] = {
    &OPTIONS_TABLES[0],   &OPTIONS_TABLES[1],   &OPTIONS_TABLES[2],   &OPTIONS_TABLES[3],
    &OPTIONS_TABLES[4],   &OPTIONS_TABLES[5],   &OPTIONS_TABLES[6],   &OPTIONS_TABLES[7],
    &OPTIONS_TABLES[8],   &OPTIONS_TABLES[9],   &OPTIONS_TABLES[10],  &OPTIONS_TABLES[11],
    &OPTIONS_TABLES[12],  &OPTIONS_TABLES[13],  &OPTIONS_TABLES[14],  &OPTIONS_TABLES[15],
    &OPTIONS_TABLES[16],  &OPTIONS_TABLES[17],  &OPTIONS_TABLES[18],  &OPTIONS_TABLES[19],
    &OPTIONS_TABLES[20],  &OPTIONS_TABLES[21],  &OPTIONS_TABLES[22],  &OPTIONS_TABLES[23],
    &OPTIONS_TABLES[24],  &OPTIONS_TABLES[25],  &OPTIONS_TABLES[26],  &OPTIONS_TABLES[27],
    &OPTIONS_TABLES[28],  &OPTIONS_TABLES[29],  &OPTIONS_TABLES[30],  &OPTIONS_TABLES[31],
    &OPTIONS_TABLES[32],  &OPTIONS_TABLES[33],  &OPTIONS_TABLES[34],  &OPTIONS_TABLES[35],
    &OPTIONS_TABLES[36],  &OPTIONS_TABLES[37],  &OPTIONS_TABLES[38],  &OPTIONS_TABLES[39],
    &OPTIONS_TABLES[40],  &OPTIONS_TABLES[41],  &OPTIONS_TABLES[42],  &OPTIONS_TABLES[43],
    &OPTIONS_TABLES[44],  &OPTIONS_TABLES[45],  &OPTIONS_TABLES[46],  &OPTIONS_TABLES[47],
    &OPTIONS_TABLES[48],  &OPTIONS_TABLES[49],  &OPTIONS_TABLES[50],  &OPTIONS_TABLES[51],
    &OPTIONS_TABLES[52],  &OPTIONS_TABLES[53],  &OPTIONS_TABLES[54],  &OPTIONS_TABLES[55],
    &OPTIONS_TABLES[56],  &OPTIONS_TABLES[57],  &OPTIONS_TABLES[58],  &OPTIONS_TABLES[59],
    &OPTIONS_TABLES[60],  &OPTIONS_TABLES[61],  &OPTIONS_TABLES[62],  &OPTIONS_TABLES[63],
    &OPTIONS_TABLES[64],  &OPTIONS_TABLES[65],  &OPTIONS_TABLES[66],  &OPTIONS_TABLES[67],
    &OPTIONS_TABLES[68],  &OPTIONS_TABLES[69],  &OPTIONS_TABLES[70],  &OPTIONS_TABLES[71],
    &OPTIONS_TABLES[72],  &OPTIONS_TABLES[73],  &OPTIONS_TABLES[74],  &OPTIONS_TABLES[75],
    &OPTIONS_TABLES[76],  &OPTIONS_TABLES[77],  &OPTIONS_TABLES[78],  &OPTIONS_TABLES[79],
    &OPTIONS_TABLES[80],  &OPTIONS_TABLES[81],  &OPTIONS_TABLES[82],  &OPTIONS_TABLES[83],
    &OPTIONS_TABLES[84],  &OPTIONS_TABLES[85],  &OPTIONS_TABLES[86],  &OPTIONS_TABLES[87],
    &OPTIONS_TABLES[88],  &OPTIONS_TABLES[89],  &OPTIONS_TABLES[90],  &OPTIONS_TABLES[91],
    &OPTIONS_TABLES[92],  &OPTIONS_TABLES[93],  &OPTIONS_TABLES[94],  &OPTIONS_TABLES[95],
    &OPTIONS_TABLES[96],  &OPTIONS_TABLES[97],  &OPTIONS_TABLES[98],  &OPTIONS_TABLES[99],
    &OPTIONS_TABLES[100], &OPTIONS_TABLES[101], &OPTIONS_TABLES[102], &OPTIONS_TABLES[103],
    &OPTIONS_TABLES[104], &OPTIONS_TABLES[105], &OPTIONS_TABLES[106], &OPTIONS_TABLES[107],
    &OPTIONS_TABLES[108], &OPTIONS_TABLES[109], &OPTIONS_TABLES[110], &OPTIONS_TABLES[111],
    &OPTIONS_TABLES[112], &OPTIONS_TABLES[113], &OPTIONS_TABLES[114], &OPTIONS_TABLES[115],
    &OPTIONS_TABLES[116], &OPTIONS_TABLES[117], &OPTIONS_TABLES[118], &OPTIONS_TABLES[119],
    &OPTIONS_TABLES[120], &OPTIONS_TABLES[121], &OPTIONS_TABLES[122], &OPTIONS_TABLES[123],
    &OPTIONS_TABLES[124], &OPTIONS_TABLES[125],
};
static const struct sr_flatbuffer_type OPTIONS = {"options", NULL, OPTIONS_LIST,
                                                  COUNT(OPTIONS_LIST)};

static const struct sr_flatbuffer_type OPTIONS_2_TABLES[] = {
    {"StablehloConcatenateOptions", "l", NULL, 0},
    {"StablehloBroadcastInDimOptions", "L", NULL, 0},
    {"StablehloSliceOptions", "LLL", NULL, 0},
    {"StablehloConvolutionOptions", "LLLLBllLllLllLllI", NULL, 0},
    {"StablehloCustomCallOptions", "sbsiIB", NULL, 0},
    {"StablehloReduceOptions", "Li", NULL, 0},
    {"StablehloScatterOptions", "bLLLlbi", NULL, 0},
    {"StablehloCompareOptions", "ii", NULL, 0},
    {"StablehloDynamicSliceOptions", "L", NULL, 0},
    {"StablehloPadOptions", "LLL", NULL, 0},
    {"StablehloIotaOptions", "l", NULL, 0},
    {"StablehloDotGeneralOptions", "LLLLI", NULL, 0},
    {"StablehloReduceWindowOptions", "LLLLLi", NULL, 0},
    {"StablehloSortOptions", "lbi", NULL, 0},
    {"StablehloWhileOptions", "ii", NULL, 0},
    {"StablehloGatherOptions", "LLLlLb", NULL, 0},
    {"StablehloTransposeOptions", "L", NULL, 0},
    {"DilateOptions", "", NULL, 0},
    {"StablehloRngBitGeneratorOptions", "b", NULL, 0},
    {"ReduceWindowOptions", "i", NULL, 0},
    {"StableHLOCompositeOptions", "siBbi", NULL, 0},
};
static const struct sr_flatbuffer_type *const OPTIONS_2_LIST[] = {
    &OPTIONS_2_TABLES[0],  &OPTIONS_2_TABLES[1],  &OPTIONS_2_TABLES[2],  &OPTIONS_2_TABLES[3],
    &OPTIONS_2_TABLES[4],  &OPTIONS_2_TABLES[5],  &OPTIONS_2_TABLES[6],  &OPTIONS_2_TABLES[7],
    &OPTIONS_2_TABLES[8],  &OPTIONS_2_TABLES[9],  &OPTIONS_2_TABLES[10], &OPTIONS_2_TABLES[11],
    &OPTIONS_2_TABLES[12], &OPTIONS_2_TABLES[13], &OPTIONS_2_TABLES[14], &OPTIONS_2_TABLES[15],
    &OPTIONS_2_TABLES[16], &OPTIONS_2_TABLES[17], &OPTIONS_2_TABLES[18], &OPTIONS_2_TABLES[19],
    &OPTIONS_2_TABLES[20],
};
static const struct sr_flatbuffer_type OPTIONS_2 = {"options_2", NULL, OPTIONS_2_LIST,
                                                    COUNT(OPTIONS_2_LIST)};

static const struct sr_flatbuffer_type CUSTOM_QUANTIZATION = {"CustomQuantization", "B", NULL, 0};
static const struct sr_flatbuffer_type BLOCKWISE = {"BlockwiseQuantization", "iii", NULL, 0};
static const struct sr_flatbuffer_type *const DETAILS_LIST[] = {&CUSTOM_QUANTIZATION, &BLOCKWISE};
static const struct sr_flatbuffer_type DETAILS = {"details", NULL, DETAILS_LIST, 2};
static const struct sr_flatbuffer_type *const QUANTIZATION_PARTS[] = {&DETAILS};
static const struct sr_flatbuffer_type QUANTIZATION = {"QuantizationParameters", "IIILbUi",
                                                       QUANTIZATION_PARTS, 0};

static const struct sr_flatbuffer_type INDICES_32 = {"Int32Vector", "I", NULL, 0};
static const struct sr_flatbuffer_type INDICES_16 = {"Uint16Vector", "H", NULL, 0};
static const struct sr_flatbuffer_type INDICES_8 = {"Uint8Vector", "B", NULL, 0};
static const struct sr_flatbuffer_type *const INDICES_LIST[] = {&INDICES_32, &INDICES_16,
                                                                &INDICES_8};
static const struct sr_flatbuffer_type INDICES = {"indices", NULL, INDICES_LIST, 3};
static const struct sr_flatbuffer_type *const DIMENSION_PARTS[] = {&INDICES, &INDICES};
static const struct sr_flatbuffer_type DIMENSION = {"DimensionMetadata", "bibUbU", DIMENSION_PARTS,
                                                    0};
static const struct sr_flatbuffer_type *const SPARSITY_PARTS[] = {&DIMENSION};
static const struct sr_flatbuffer_type SPARSITY = {"SparsityParameters", "IIV", SPARSITY_PARTS, 0};

static const struct sr_flatbuffer_type VARIANT = {"VariantSubType", "Ibb", NULL, 0};
static const struct sr_flatbuffer_type *const TENSOR_PARTS[] = {&QUANTIZATION, &SPARSITY, &VARIANT};
static const struct sr_flatbuffer_type TENSOR = {"Tensor", "IbisTbTIbV", TENSOR_PARTS, 0};

static const struct sr_flatbuffer_type *const OPERATOR_PARTS[] = {&OPTIONS, &OPTIONS_2};
static const struct sr_flatbuffer_type OPERATOR = {"Operator", "iIIbUBbBIllbUi", OPERATOR_PARTS, 0};

static const struct sr_flatbuffer_type *const SUBGRAPH_PARTS[] = {&TENSOR, &OPERATOR};
static const struct sr_flatbuffer_type SUBGRAPH = {"SubGraph", "VIIVsi", SUBGRAPH_PARTS, 0};

static const struct sr_flatbuffer_type CODE = {"OperatorCode", "bsii", NULL, 0};
static const struct sr_flatbuffer_type BUFFER = {"Buffer", "Bll", NULL, 0};
static const struct sr_flatbuffer_type METADATA = {"Metadata", "si", NULL, 0};
static const struct sr_flatbuffer_type TENSOR_MAP = {"TensorMap", "si", NULL, 0};
static const struct sr_flatbuffer_type *const SIGNATURE_PARTS[] = {&TENSOR_MAP, &TENSOR_MAP};
static const struct sr_flatbuffer_type SIGNATURE = {"SignatureDef", "VVssi", SIGNATURE_PARTS, 0};

static const struct sr_flatbuffer_type *const MODEL_PARTS[] = {&CODE, &SUBGRAPH, &BUFFER, &METADATA,
                                                               &SIGNATURE};
const struct sr_flatbuffer_type sr_tflite_model = {"Model", "iVVsVIVV", MODEL_PARTS, 0};

unsigned sr_tflite_type_bits(uint64_t type)
{
    static const uint8_t BITS[] = {32,  16, 32, 8, 64, 0,  8, 16, 64, 8, 64,
                                   128, 64, 0,  0, 32, 16, 4, 16, 2,  4};
    return type < COUNT(BITS) ? BITS[type] : 0;
}
