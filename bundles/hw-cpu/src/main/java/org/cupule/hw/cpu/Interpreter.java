package org.cupule.hw.cpu;

/**
 * The loop: blocks, one after the other, and the usual operations. What is rarer is executed by {@link Families}.
 *
 * <p>
 * Precise faults: an operation changes registers only when all its accesses have been made, so that a fault or an exit
 * leaves it undone; {@code index} says which operation of the block that was. Operations that end a block set RIP
 * themselves; behind all others RIP follows from the block.
 *
 * @threading confined to its CPU
 */
final class Interpreter {
    private final Processor cpu;
    private final Registers state;
    private final Mmu mmu;
    private final Alu alu;
    private final ShiftOps shifts;
    private final MultiplyOps multiply;
    private final Families families;
    private final BlockCache blocks;
    /** How many operations of the running block are to be executed: lowered when code changes under it. */
    private int limit;

    Interpreter(Processor cpu, Families families, BlockCache blocks) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.mmu = cpu.mmu;
        this.alu = families.alu;
        this.shifts = families.shifts;
        this.multiply = families.multiply;
        this.families = families;
        this.blocks = blocks;
    }

    /**
     * Executes the block at the instruction pointer, or its beginning.
     *
     * @param most
     *            how many operations at most, at least 1
     */
    void block(int most) {
        Block block = blocks.at(cpu.linearRip());
        long head = state.rip;
        state.r[Registers.HEAD] = head;
        Op[] ops = block.ops;
        limit = Math.min(most, ops.length);
        cpu.index = 0;
        mmu.codeChanged = false;
        cpu.unfinished = false;
        try {
            execute(ops);
        } catch (Fault | Leave e) {
            state.rip = wrap(head + ops[cpu.index].offset);
            cpu.retiredBefore += cpu.index;
            cpu.index = 0;
            throw e;
        }
        Op done = ops[cpu.index - 1];
        if (cpu.unfinished) {
            cpu.index--;
            state.rip = wrap(head + done.offset);
        } else if (!done.last) {
            state.rip = wrap(head + done.offset + done.length);
        }
        cpu.retiredBefore += cpu.index;
        cpu.index = 0;
    }

    private long wrap(long rip) {
        return state.long64 ? rip : state.code32 ? rip & 0xFFFF_FFFFL : rip & 0xFFFF;
    }

    private void execute(Op[] ops) {
        long[] r = state.r;
        int i = 0;
        do {
            Op op = ops[i];
            switch (op.code) {
                case Code.ADD_RR32 -> r[op.reg] = alu.add32(r[op.reg], r[op.rm]);
                case Code.ADD_RR64 -> r[op.reg] = alu.add64(r[op.reg], r[op.rm]);
                case Code.ADD_RI32 -> r[op.reg] = alu.add32(r[op.reg], op.imm);
                case Code.ADD_RI64 -> r[op.reg] = alu.add64(r[op.reg], op.imm);
                case Code.ADD_RM32 -> r[op.reg] = alu.add32(r[op.reg], load32(op));
                case Code.ADD_RM64 -> r[op.reg] = alu.add64(r[op.reg], load64(op));
                case Code.OR_RR32 -> r[op.reg] = alu.logic32(r[op.reg] | r[op.rm]);
                case Code.OR_RR64 -> r[op.reg] = alu.logic64(r[op.reg] | r[op.rm]);
                case Code.OR_RI32 -> r[op.reg] = alu.logic32(r[op.reg] | op.imm);
                case Code.OR_RI64 -> r[op.reg] = alu.logic64(r[op.reg] | op.imm);
                case Code.OR_RM32 -> r[op.reg] = alu.logic32(r[op.reg] | load32(op));
                case Code.OR_RM64 -> r[op.reg] = alu.logic64(r[op.reg] | load64(op));
                case Code.ADC_RR32 -> r[op.reg] = alu.add(r[op.reg], r[op.rm], state.cf() ? 1 : 0, 4);
                case Code.ADC_RR64 -> r[op.reg] = alu.add(r[op.reg], r[op.rm], state.cf() ? 1 : 0, 8);
                case Code.ADC_RI32 -> r[op.reg] = alu.add(r[op.reg], op.imm, state.cf() ? 1 : 0, 4);
                case Code.ADC_RI64 -> r[op.reg] = alu.add(r[op.reg], op.imm, state.cf() ? 1 : 0, 8);
                case Code.ADC_RM32 -> r[op.reg] = alu.add(r[op.reg], load32(op), state.cf() ? 1 : 0, 4);
                case Code.ADC_RM64 -> r[op.reg] = alu.add(r[op.reg], load64(op), state.cf() ? 1 : 0, 8);
                case Code.SBB_RR32 -> r[op.reg] = alu.subtract(r[op.reg], r[op.rm], state.cf() ? 1 : 0, 4);
                case Code.SBB_RR64 -> r[op.reg] = alu.subtract(r[op.reg], r[op.rm], state.cf() ? 1 : 0, 8);
                case Code.SBB_RI32 -> r[op.reg] = alu.subtract(r[op.reg], op.imm, state.cf() ? 1 : 0, 4);
                case Code.SBB_RI64 -> r[op.reg] = alu.subtract(r[op.reg], op.imm, state.cf() ? 1 : 0, 8);
                case Code.SBB_RM32 -> r[op.reg] = alu.subtract(r[op.reg], load32(op), state.cf() ? 1 : 0, 4);
                case Code.SBB_RM64 -> r[op.reg] = alu.subtract(r[op.reg], load64(op), state.cf() ? 1 : 0, 8);
                case Code.AND_RR32 -> r[op.reg] = alu.logic32(r[op.reg] & r[op.rm]);
                case Code.AND_RR64 -> r[op.reg] = alu.logic64(r[op.reg] & r[op.rm]);
                case Code.AND_RI32 -> r[op.reg] = alu.logic32(r[op.reg] & op.imm);
                case Code.AND_RI64 -> r[op.reg] = alu.logic64(r[op.reg] & op.imm);
                case Code.AND_RM32 -> r[op.reg] = alu.logic32(r[op.reg] & load32(op));
                case Code.AND_RM64 -> r[op.reg] = alu.logic64(r[op.reg] & load64(op));
                case Code.SUB_RR32 -> r[op.reg] = alu.sub32(r[op.reg], r[op.rm]);
                case Code.SUB_RR64 -> r[op.reg] = alu.sub64(r[op.reg], r[op.rm]);
                case Code.SUB_RI32 -> r[op.reg] = alu.sub32(r[op.reg], op.imm);
                case Code.SUB_RI64 -> r[op.reg] = alu.sub64(r[op.reg], op.imm);
                case Code.SUB_RM32 -> r[op.reg] = alu.sub32(r[op.reg], load32(op));
                case Code.SUB_RM64 -> r[op.reg] = alu.sub64(r[op.reg], load64(op));
                case Code.XOR_RR32 -> r[op.reg] = alu.logic32(r[op.reg] ^ r[op.rm]);
                case Code.XOR_RR64 -> r[op.reg] = alu.logic64(r[op.reg] ^ r[op.rm]);
                case Code.XOR_RI32 -> r[op.reg] = alu.logic32(r[op.reg] ^ op.imm);
                case Code.XOR_RI64 -> r[op.reg] = alu.logic64(r[op.reg] ^ op.imm);
                case Code.XOR_RM32 -> r[op.reg] = alu.logic32(r[op.reg] ^ load32(op));
                case Code.XOR_RM64 -> r[op.reg] = alu.logic64(r[op.reg] ^ load64(op));
                case Code.CMP_RR32 -> alu.sub32(r[op.reg], r[op.rm]);
                case Code.CMP_RR64 -> alu.sub64(r[op.reg], r[op.rm]);
                case Code.CMP_RI32 -> alu.sub32(r[op.reg], op.imm);
                case Code.CMP_RI64 -> alu.sub64(r[op.reg], op.imm);
                case Code.CMP_RM32 -> alu.sub32(r[op.reg], load32(op));
                case Code.CMP_RM64 -> alu.sub64(r[op.reg], load64(op));
                case Code.TEST_RR32 -> alu.logic32(r[op.reg] & r[op.rm]);
                case Code.TEST_RR64 -> alu.logic64(r[op.reg] & r[op.rm]);
                case Code.TEST_RI32 -> alu.logic32(r[op.reg] & op.imm);
                case Code.TEST_RI64 -> alu.logic64(r[op.reg] & op.imm);
                case Code.TEST_RM32 -> alu.logic32(load32(op) & r[op.reg]);
                case Code.TEST_RM64 -> alu.logic64(load64(op) & r[op.reg]);
                case Code.CMP_MI32 -> alu.sub32(load32(op), op.imm);
                case Code.CMP_MI64 -> alu.sub64(load64(op), op.imm);
                case Code.CMP_MR32 -> alu.sub32(load32(op), r[op.reg]);
                case Code.CMP_MR64 -> alu.sub64(load64(op), r[op.reg]);
                case Code.CMP_MI8 -> alu.cmp8(load8(op), op.imm);
                case Code.TEST_MI8 -> state.logic((byte) (load8(op) & op.imm), 8);
                case Code.CMP_RI8 -> alu.cmp8(state.get8(op.rm), op.imm);
                case Code.TEST_RR8 -> state.logic((byte) (state.get8(op.rm) & state.get8(op.reg)), 8);
                case Code.TEST_RI8 -> state.logic((byte) (state.get8(op.rm) & op.imm), 8);
                case Code.ADD_MR32 -> addToMemory32(op);
                case Code.ADD_MR64 -> addToMemory64(op);
                case Code.MOV_RR32 -> r[op.reg] = r[op.rm] & 0xFFFF_FFFFL;
                case Code.MOV_RR64 -> r[op.reg] = r[op.rm];
                case Code.MOV_RI -> r[op.reg] = op.imm;
                case Code.MOV_RM32 -> r[op.reg] = load32(op);
                case Code.MOV_RM64 -> r[op.reg] = load64(op);
                case Code.MOV_MR32 -> store32(op, (int) r[op.reg]);
                case Code.MOV_MR64 -> store64(op, r[op.reg]);
                case Code.MOV_MR8 -> store8(op, state.get8(op.reg));
                case Code.MOV_RM8 -> state.set8(op.reg, load8(op));
                case Code.MOV_MR16 -> store16(op, (int) r[op.reg]);
                case Code.MOV_MI32 -> store32(op, (int) op.imm);
                case Code.MOV_MI64 -> store64(op, op.imm);
                case Code.MOV_MI8 -> store8(op, (int) op.imm);
                case Code.MOVZX8_R -> r[op.reg] = state.get8(op.rm);
                case Code.MOVZX8_M -> r[op.reg] = load8(op);
                case Code.MOVZX16_R -> r[op.reg] = r[op.rm] & 0xFFFF;
                case Code.MOVZX16_M -> r[op.reg] = load16(op);
                case Code.MOVSXD_R -> r[op.reg] = (int) r[op.rm];
                case Code.MOVSXD_M -> r[op.reg] = (int) load32(op);
                case Code.LEA32 ->
                    r[op.reg] = (r[op.base] + (r[op.index] << op.scale) + op.disp) & op.addressMask & 0xFFFF_FFFFL;
                case Code.LEA64 -> r[op.reg] = (r[op.base] + (r[op.index] << op.scale) + op.disp) & op.addressMask;
                case Code.INC32 -> r[op.reg] = alu.increment(r[op.reg], 4);
                case Code.INC64 -> r[op.reg] = alu.increment(r[op.reg], 8);
                case Code.DEC32 -> r[op.reg] = alu.decrement(r[op.reg], 4);
                case Code.DEC64 -> r[op.reg] = alu.decrement(r[op.reg], 8);
                case Code.SHL32_I -> r[op.reg] = shifts.shl32(r[op.reg], (int) op.imm);
                case Code.SHL64_I -> r[op.reg] = shifts.shl64(r[op.reg], (int) op.imm);
                case Code.SHR32_I -> r[op.reg] = shifts.shr32(r[op.reg], (int) op.imm);
                case Code.SHR64_I -> r[op.reg] = shifts.shr64(r[op.reg], (int) op.imm);
                case Code.SAR32_I -> r[op.reg] = shifts.sar32(r[op.reg], (int) op.imm);
                case Code.SAR64_I -> r[op.reg] = shifts.sar64(r[op.reg], (int) op.imm);
                case Code.IMUL32_RR -> r[op.reg] = multiply.imul32(r[op.reg], r[op.rm]);
                case Code.IMUL64_RR -> r[op.reg] = multiply.imul64(r[op.reg], r[op.rm]);
                case Code.PUSH64 -> push64(r[op.reg]);
                case Code.POP64 -> r[op.reg] = pop64();
                case Code.PUSH32 -> cpu.push(r[op.reg], 4);
                case Code.POP32 -> pop32(op.reg);
                case Code.NOP -> {
                }
                case Code.CMOV32 -> r[op.reg] = (state.condition(op.kind) ? r[op.rm] : r[op.reg]) & 0xFFFF_FFFFL;
                case Code.CMOV64 -> {
                    if (state.condition(op.kind)) {
                        r[op.reg] = r[op.rm];
                    }
                }
                case Code.SETCC_R -> state.set8(op.rm, state.condition(op.kind) ? 1 : 0);
                case Code.JCC -> {
                    if (state.condition(op.kind)) {
                        branch(op);
                    } else {
                        state.rip = next(op);
                    }
                }
                case Code.JMP -> branch(op);
                case Code.CALL64 -> call64(op);
                case Code.RET64 -> ret64();
                case Code.CALL32 -> call32(op);
                case Code.RET32 -> ret32();
                case Code.JMP_R64 -> state.rip = cpu.checked(r[op.rm]);
                default -> family(op);
            }
            cpu.index = ++i;
        } while (i < limit);
    }

    private void family(Op op) {
        if (op.last) {
            state.rip = next(op);
        }
        families.execute(op);
        if (mmu.codeChanged || cpu.unfinished) {
            limit = 0;
        }
    }

    /** {@return the offset of the next instruction} */
    private long next(Op op) {
        return wrap(state.r[Registers.HEAD] + op.offset + op.length);
    }

    private void branch(Op op) {
        long target = state.r[Registers.HEAD] + op.imm;
        state.rip = cpu.checked(op.size == 8 ? target : op.size == 4 ? target & 0xFFFF_FFFFL : target & 0xFFFF);
    }

    // --- memory operands

    private long address(Op op, int size, boolean write) {
        long[] r = state.r;
        long offset = r[op.base] + (r[op.index] << op.scale) + op.disp & op.addressMask;
        if (state.flat && op.segment < X86.FS && offset << 16 >> 16 == offset) {
            return offset;
        }
        return cpu.linear(op.segment, offset, size, write);
    }

    private int load8(Op op) {
        return mmu.load8(address(op, 1, false));
    }

    private int load16(Op op) {
        return mmu.load16(address(op, 2, false));
    }

    private long load32(Op op) {
        return mmu.load32(address(op, 4, false)) & 0xFFFF_FFFFL;
    }

    private long load64(Op op) {
        return mmu.load64(address(op, 8, false));
    }

    private void store8(Op op, int value) {
        mmu.store8(address(op, 1, true), value);
        stored();
    }

    private void store16(Op op, int value) {
        mmu.store16(address(op, 2, true), value);
        stored();
    }

    private void store32(Op op, int value) {
        mmu.store32(address(op, 4, true), value);
        stored();
    }

    private void store64(Op op, long value) {
        mmu.store64(address(op, 8, true), value);
        stored();
    }

    /** Ends the block when a store has changed code, perhaps its own. */
    private void stored() {
        if (mmu.codeChanged) {
            limit = 0;
        }
    }

    private void addToMemory32(Op op) {
        long address = address(op, 4, true);
        mmu.probe(address, 4);
        int old = mmu.load32(address);
        mmu.store32(address, old + (int) state.r[op.reg]);
        alu.add32(old & 0xFFFF_FFFFL, state.r[op.reg]);
        stored();
    }

    private void addToMemory64(Op op) {
        long address = address(op, 8, true);
        mmu.probe(address, 8);
        long old = mmu.load64(address);
        mmu.store64(address, old + state.r[op.reg]);
        alu.add64(old, state.r[op.reg]);
        stored();
    }

    // --- stack and calls

    private void push64(long value) {
        long offset = state.r[Registers.RSP] - 8;
        if (state.flat && offset << 16 >> 16 == offset) {
            mmu.store64(offset, value);
            state.r[Registers.RSP] = offset;
        } else {
            cpu.push(value, 8);
        }
        stored();
    }

    private long pop64() {
        long offset = state.r[Registers.RSP];
        if (!state.flat || offset << 16 >> 16 != offset) {
            return cpu.pop(8);
        }
        long value = mmu.load64(offset);
        state.r[Registers.RSP] = offset + 8;
        return value;
    }

    private void pop32(int register) {
        long value = cpu.pop(4);
        state.r[register] = value;
    }

    private void call64(Op op) {
        long target = cpu.checked(state.r[Registers.HEAD] + op.imm);
        push64(next(op));
        state.rip = target;
    }

    private void call32(Op op) {
        long target = cpu.checked(state.r[Registers.HEAD] + op.imm & 0xFFFF_FFFFL);
        cpu.push(next(op), 4);
        state.rip = target;
    }

    private void ret64() {
        long offset = state.r[Registers.RSP];
        long target = state.flat && offset << 16 >> 16 == offset ? mmu.load64(offset) : cpu.peek(0, 8);
        state.rip = cpu.checked(target);
        state.r[Registers.RSP] = offset + 8;
    }

    private void ret32() {
        state.rip = cpu.checked(cpu.peek(0, 4));
        cpu.release(4);
    }
}
