package org.cupule.hw.cpu;

import java.util.List;

/**
 * Turns decoded operations into what a block executes: the usual forms become operations that do one thing only, and a
 * block without a branch at its end gets one that moves RIP.
 *
 * @threading immutable
 */
final class Specializer {
    private Specializer() {
    }

    /**
     * Finishes a block.
     *
     * @param decoded
     *            its instructions
     * @param length
     *            their bytes
     */
    static Op[] finish(List<Op> decoded, int length) {
        int count = decoded.size();
        boolean falls = !decoded.get(count - 1).last;
        var ops = new Op[falls ? count + 1 : count];
        for (int i = 0; i < count; i++) {
            ops[i] = special(decoded.get(i));
        }
        if (falls) {
            ops[count] = new FastTransfers.Fall(length, count);
        }
        return ops;
    }

    private static Op special(Op op) {
        if (op.code >= Code.PUSH64) {
            return op.code < Code.FAMILIES ? transfer(op) : op;
        }
        return op.code < Code.MOV_RR32 ? arithmetic(op) : move(op);
    }

    private static Op arithmetic(Op op) {
        return switch (op.code) {
            case Code.ADD_RR32 -> new FastArithmetic.AddRR32(op);
            case Code.ADD_RR64 -> new FastArithmetic.AddRR64(op);
            case Code.ADD_RI32 -> new FastArithmetic.AddRI32(op);
            case Code.ADD_RI64 -> new FastArithmetic.AddRI64(op);
            case Code.ADD_RM32 -> new FastArithmetic.AddRM32(op);
            case Code.ADD_RM64 -> new FastArithmetic.AddRM64(op);
            case Code.OR_RR32 -> new FastLogic.OrRR32(op);
            case Code.OR_RR64 -> new FastLogic.OrRR64(op);
            case Code.OR_RI32 -> new FastLogic.OrRI32(op);
            case Code.OR_RI64 -> new FastLogic.OrRI64(op);
            case Code.OR_RM32 -> new FastLogic.OrRM32(op);
            case Code.OR_RM64 -> new FastLogic.OrRM64(op);
            case Code.ADC_RR32 -> new FastArithmetic.AdcRR32(op);
            case Code.ADC_RR64 -> new FastArithmetic.AdcRR64(op);
            case Code.ADC_RI32 -> new FastArithmetic.AdcRI32(op);
            case Code.ADC_RI64 -> new FastArithmetic.AdcRI64(op);
            case Code.ADC_RM32 -> new FastArithmetic.AdcRM32(op);
            case Code.ADC_RM64 -> new FastArithmetic.AdcRM64(op);
            case Code.SBB_RR32 -> new FastArithmetic.SbbRR32(op);
            case Code.SBB_RR64 -> new FastArithmetic.SbbRR64(op);
            case Code.SBB_RI32 -> new FastArithmetic.SbbRI32(op);
            case Code.SBB_RI64 -> new FastArithmetic.SbbRI64(op);
            case Code.SBB_RM32 -> new FastArithmetic.SbbRM32(op);
            case Code.SBB_RM64 -> new FastArithmetic.SbbRM64(op);
            case Code.AND_RR32 -> new FastLogic.AndRR32(op);
            case Code.AND_RR64 -> new FastLogic.AndRR64(op);
            case Code.AND_RI32 -> new FastLogic.AndRI32(op);
            case Code.AND_RI64 -> new FastLogic.AndRI64(op);
            case Code.AND_RM32 -> new FastLogic.AndRM32(op);
            case Code.AND_RM64 -> new FastLogic.AndRM64(op);
            case Code.SUB_RR32 -> new FastArithmetic.SubRR32(op);
            case Code.SUB_RR64 -> new FastArithmetic.SubRR64(op);
            case Code.SUB_RI32 -> new FastArithmetic.SubRI32(op);
            case Code.SUB_RI64 -> new FastArithmetic.SubRI64(op);
            case Code.SUB_RM32 -> new FastArithmetic.SubRM32(op);
            case Code.SUB_RM64 -> new FastArithmetic.SubRM64(op);
            case Code.XOR_RR32 -> new FastLogic.XorRR32(op);
            case Code.XOR_RR64 -> new FastLogic.XorRR64(op);
            case Code.XOR_RI32 -> new FastLogic.XorRI32(op);
            case Code.XOR_RI64 -> new FastLogic.XorRI64(op);
            case Code.XOR_RM32 -> new FastLogic.XorRM32(op);
            case Code.XOR_RM64 -> new FastLogic.XorRM64(op);
            case Code.CMP_RR32 -> new FastArithmetic.CmpRR32(op);
            case Code.CMP_RR64 -> new FastArithmetic.CmpRR64(op);
            case Code.CMP_RI32 -> new FastArithmetic.CmpRI32(op);
            case Code.CMP_RI64 -> new FastArithmetic.CmpRI64(op);
            case Code.CMP_RM32 -> new FastArithmetic.CmpRM32(op);
            case Code.CMP_RM64 -> new FastArithmetic.CmpRM64(op);
            case Code.TEST_RR32 -> new FastLogic.TestRR32(op);
            case Code.TEST_RR64 -> new FastLogic.TestRR64(op);
            case Code.TEST_RI32 -> new FastLogic.TestRI32(op);
            case Code.TEST_RI64 -> new FastLogic.TestRI64(op);
            case Code.TEST_RM32 -> new FastLogic.TestRM32(op);
            case Code.TEST_RM64 -> new FastLogic.TestRM64(op);
            case Code.CMP_MI32 -> new FastArithmetic.CmpMI32(op);
            case Code.CMP_MI64 -> new FastArithmetic.CmpMI64(op);
            case Code.CMP_MR32 -> new FastArithmetic.CmpMR32(op);
            case Code.CMP_MR64 -> new FastArithmetic.CmpMR64(op);
            case Code.CMP_MI8 -> new FastArithmetic.CmpMI8(op);
            case Code.TEST_MI8 -> new FastLogic.TestMI8(op);
            case Code.CMP_RI8 -> new FastArithmetic.CmpRI8(op);
            case Code.TEST_RR8 -> new FastLogic.TestRR8(op);
            case Code.TEST_RI8 -> new FastLogic.TestRI8(op);
            case Code.ADD_MR32 -> new FastArithmetic.AddMR32(op);
            case Code.ADD_MR64 -> new FastArithmetic.AddMR64(op);
            default -> op;
        };
    }

    private static Op move(Op op) {
        return switch (op.code) {
            case Code.MOV_RR32 -> new FastMoves.MovRR32(op);
            case Code.MOV_RR64 -> new FastMoves.MovRR64(op);
            case Code.MOV_RI -> new FastMoves.MovRI(op);
            case Code.MOV_RM32 -> new FastMoves.MovRM32(op);
            case Code.MOV_RM64 -> new FastMoves.MovRM64(op);
            case Code.MOV_MR32 -> new FastMoves.MovMR32(op);
            case Code.MOV_MR64 -> new FastMoves.MovMR64(op);
            case Code.MOV_MR8 -> new FastMoves.MovMR8(op);
            case Code.MOV_RM8 -> new FastMoves.MovRM8(op);
            case Code.MOV_MR16 -> new FastMoves.MovMR16(op);
            case Code.MOV_MI32 -> new FastMoves.MovMI32(op);
            case Code.MOV_MI64 -> new FastMoves.MovMI64(op);
            case Code.MOV_MI8 -> new FastMoves.MovMI8(op);
            case Code.MOVZX8_R -> new FastMoves.Movzx8R(op);
            case Code.MOVZX8_M -> new FastMoves.Movzx8M(op);
            case Code.MOVZX16_R -> new FastMoves.Movzx16R(op);
            case Code.MOVZX16_M -> new FastMoves.Movzx16M(op);
            case Code.MOVSXD_R -> new FastMoves.MovsxdR(op);
            case Code.MOVSXD_M -> new FastMoves.MovsxdM(op);
            case Code.LEA32 -> new FastMoves.Lea32(op);
            case Code.LEA64 -> new FastMoves.Lea64(op);
            case Code.INC32 -> new FastArithmetic.Inc32(op);
            case Code.INC64 -> new FastArithmetic.Inc64(op);
            case Code.DEC32 -> new FastArithmetic.Dec32(op);
            case Code.DEC64 -> new FastArithmetic.Dec64(op);
            case Code.SHL32_I -> new FastLogic.Shl32I(op);
            case Code.SHL64_I -> new FastLogic.Shl64I(op);
            case Code.SHR32_I -> new FastLogic.Shr32I(op);
            case Code.SHR64_I -> new FastLogic.Shr64I(op);
            case Code.SAR32_I -> new FastLogic.Sar32I(op);
            case Code.SAR64_I -> new FastLogic.Sar64I(op);
            case Code.IMUL32_RR -> new FastArithmetic.Imul32RR(op);
            case Code.IMUL64_RR -> new FastArithmetic.Imul64RR(op);
            default -> op;
        };
    }

    private static Op transfer(Op op) {
        return switch (op.code) {
            case Code.PUSH64 -> new FastTransfers.Push64(op);
            case Code.POP64 -> new FastTransfers.Pop64(op);
            case Code.PUSH32 -> new FastTransfers.Push32(op);
            case Code.POP32 -> new FastTransfers.Pop32(op);
            case Code.JCC -> FastBranches.of(op);
            case Code.JMP -> new FastTransfers.Jmp(op);
            case Code.CALL64 -> new FastTransfers.Call64(op);
            case Code.RET64 -> new FastTransfers.Ret64(op);
            case Code.CALL32 -> new FastTransfers.Call32(op);
            case Code.RET32 -> new FastTransfers.Ret32(op);
            case Code.NOP -> new FastMoves.Nop(op);
            case Code.CMOV32 -> new FastMoves.Cmov32(op);
            case Code.CMOV64 -> new FastMoves.Cmov64(op);
            case Code.SETCC_R -> new FastMoves.SetccR(op);
            case Code.JMP_R64 -> new FastTransfers.JmpR64(op);
            default -> op;
        };
    }
}
