package org.cupule.hw.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.cupule.hardware.CpuExit;
import org.cupule.hardware.CpuSpec;
import org.cupule.hardware.Register;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.Test;

class InterpretedCpuTest {
    private static final int HANDLER = 0x28000;
    /** A linear page that is mapped outside of RAM by {@link #mapOutside}. */
    private static final int OUTSIDE = 0x30000;

    private final FlatMachine machine = new FlatMachine();

    private static void mapOutside(FlatMachine machine) {
        machine.word(FlatMachine.PT + 8 * (OUTSIDE >> 12), 0x80_0007);
    }

    @Test
    void leavesForPortsAndGoesOnWithTheAnswer() {
        machine.real().put(FlatMachine.CODE, "b041 e680 e560 f4"); // mov al,0x41; out 0x80,al; in ax,0x60; hlt
        machine.answer = 0xABCD_1234L;

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.accesses).containsExactly("out 0x80 1 0x41", "in 0x60 2");
        assertThat(machine.register(Register.RAX)).isEqualTo(0x1234);
        assertThat(machine.cpu.retired()).isEqualTo(4);
    }

    @Test
    void stopsAtExactlyTheBudget() {
        machine.long64().put(FlatMachine.CODE, "b903000000 ffc9 75fc f4"); // mov ecx,3; l: dec ecx; jnz l; hlt

        assertThat(machine.cpu.run(4)).isEqualTo(CpuExit.BUDGET);

        assertThat(machine.cpu.retired()).isEqualTo(4);
        assertThat(machine.register(Register.RCX)).isEqualTo(1);
        assertThat(machine.register(Register.RIP)).isEqualTo(FlatMachine.CODE + 7);
    }

    @Test
    void executesWhatAnInstructionOfTheSameBlockHasWritten() {
        machine.long64().put(FlatMachine.CODE, "c6050100000005 b001 f4"); // mov byte [rip+1],5; mov al,1; hlt

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RAX)).isEqualTo(5);
    }

    @Test
    void refusesUserCodeInASupervisorPageThatTheKernelHasJustExecuted() {
        machine.long64().gate(14, HANDLER).put(HANDLER, "f4").put(0x20000, "c3");
        machine.word(FlatMachine.PT + 8 * 0x20, 0x20003);
        machine.word(0x1018, 0x00CF_F300_0000_FFFFL);
        machine.word(0x1020, 0x00AF_FB00_0000_FFFFL);
        machine.word(0x9004, 0xA000);
        machine.cpu.register(Register.TR_BASE, 0x9000);
        machine.cpu.register(Register.TR_LIMIT, 0x67);
        // call 0x20000; push 0x1b; push 0x30000; push 2; push 0x23; push 0x20000; iretq
        machine.put(FlatMachine.CODE, "e8fbff0000 6a1b 6800000300 6a02 6a23 6800000200 48cf");

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RIP)).isEqualTo(HANDLER + 1);
        assertThat(machine.register(Register.CR2)).isEqualTo(0x20000);
        assertThat(machine.word(machine.register(Register.RSP))).as("a protection fault of the user").isEqualTo(5);
    }

    @Test
    void keepsCr2WhenAnInstructionAheadOfAFaultCannotBeFetched() {
        machine.long64().gate(0, HANDLER).put(HANDLER, "f4");
        machine.word(FlatMachine.PT + 8 * 0x11, 0);
        machine.put(0x10FF9, "31c9 f7f1 b8"); // xor ecx,ecx; div ecx; mov eax,... in the missing page
        machine.cpu.register(Register.RIP, 0x10FF9);
        machine.cpu.register(Register.CR2, 0x1234);

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.CR2)).isEqualTo(0x1234);
    }

    @Test
    void dropsAllOfALargePageWithInvlpg() {
        machine.long64();
        machine.word(0x4008, 0x20_0083);
        machine.word(0x20_3000, 0x1111);
        // mov eax,[0x203000]; mov ecx,0x83; mov [0x4008],rcx; invlpg [0x200000]; mov ebx,[0x203000]; hlt
        machine.put(FlatMachine.CODE, "8b042500302000 b983000000 48890c2508400000 0f013c2500002000 8b1c2500302000 f4");

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RAX)).isEqualTo(0x1111);
        assertThat(machine.register(Register.RBX)).isEqualTo(machine.word(0x3000));
    }

    /** A subroutine at 0x20000, called; its page is changed; then a change of CR3 or INVLPG, and called again. */
    private FlatMachine callsTwice(int global, String between) {
        machine.long64().put(0x20000, "ffc1 c3").put(0x21000, "ffc2 c3"); // inc ecx; ret, and inc edx; ret
        for (int page : new int[]{0x10, 0x20}) {
            machine.word(FlatMachine.PT + 8 * page, page << 12 | 7 | global);
        }
        machine.cpu.register(Register.CR4, 1 << 5 | 1 << 7);
        machine.cpu.register(Register.RCX, 0);
        machine.cpu.register(Register.RDX, 0);
        machine.cpu.register(Register.RBX, 0x21007 | global);
        // call 0x20000; mov [PT of 0x20000],rbx; between; call 0x20000; hlt
        machine.put(FlatMachine.CODE, "e8fbff0000 48891c2500510000" + between + "f4");
        return machine;
    }

    @Test
    void executesOtherCodeAtTheSameAddressAfterAChangeOfCr3() {
        callsTwice(0, "0f20d8 0f22d8 e8e8ff0000"); // mov rax,cr3; mov cr3,rax

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RCX)).isEqualTo(1);
        assertThat(machine.register(Register.RDX)).isEqualTo(1);
    }

    @Test
    void executesOtherCodeOfAGlobalPageAfterInvlpg() {
        callsTwice(1 << 8, "0f20d8 0f22d8 0f013c2500000200 e8e0ff0000"); // and invlpg [0x20000]

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RCX)).isEqualTo(1);
        assertThat(machine.register(Register.RDX)).isEqualTo(1);
    }

    @Test
    void passesOverAnInstructionBreakpointAfterItsHandlerReturns() {
        machine.long64().gate(1, HANDLER).put(HANDLER, "ffc2 48cf"); // inc edx; iretq
        machine.cpu.register(Register.DR0, FlatMachine.CODE + 2);
        machine.cpu.register(Register.DR7, 0x401);
        machine.cpu.register(Register.RDX, 0);
        machine.put(FlatMachine.CODE, "ffc1 ffc1 f4"); // inc ecx; inc ecx; hlt

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.RDX)).as("times that the handler ran").isEqualTo(1);
        assertThat(machine.register(Register.RCX)).isEqualTo(2);
        assertThat(machine.register(Register.RFLAGS) & 1 << 16).as("RF").isZero();
    }

    @Test
    void breaksBehindAWriteToAWatchedWord() {
        machine.long64().gate(1, HANDLER).put(HANDLER, "f4");
        machine.cpu.register(Register.DR1, 0x20004);
        machine.cpu.register(Register.DR7, 0x00D0_0404L);
        machine.put(FlatMachine.CODE, "8b0425 04000200 890425 06000200 f4"); // mov eax,[0x20004]; mov [0x20006],eax

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.register(Register.DR6) & 15).isEqualTo(2);
        assertThat(machine.word(machine.register(Register.RSP))).as("pushed RIP").isEqualTo(FlatMachine.CODE + 14);
    }

    @Test
    void deliversAnInterruptOverAStackOutsideOfRam() {
        machine.long64().gate(0x40, HANDLER).put(HANDLER, "f4").put(FlatMachine.CODE, "90");
        mapOutside(machine);
        machine.cpu.register(Register.RSP, OUTSIDE + 0x100);
        machine.cpu.register(Register.RFLAGS, 0x202);
        machine.cpu.interrupt(0x40);

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.accesses).containsExactly("write 0x8000f8 8 0x10", "write 0x8000f0 8 0x30100",
                "write 0x8000e8 8 0x202", "write 0x8000e0 8 0x8", "write 0x8000d8 8 0x10000");
        assertThat(machine.register(Register.RSP)).isEqualTo(OUTSIDE + 0xD8);
    }

    @Test
    void repeatsOverRegistersOfADeviceElementByElement() {
        machine.long64();
        mapOutside(machine);
        // mov ecx,3; mov edi,0x30000; mov al,7; rep stosb; hlt
        machine.put(FlatMachine.CODE, "b903000000 bf00000300 b007 f3aa f4");

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.accesses).containsExactly("write 0x800000 1 0x7", "write 0x800001 1 0x7",
                "write 0x800002 1 0x7");
        assertThat(machine.cpu.retired()).isEqualTo(5);
    }

    @Test
    void pushesAndPopsOutsideOfRamOnceEach() {
        machine.long64();
        mapOutside(machine);
        machine.put(FlatMachine.CODE, "bc10000300 6a01 6a02 58 f4"); // mov esp,0x30010; push 1; push 2; pop rax; hlt
        machine.answer = 2;

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.accesses).containsExactly("write 0x800008 8 0x1", "write 0x800000 8 0x2",
                "read 0x800000 8");
        assertThat(machine.register(Register.RSP)).isEqualTo(OUTSIDE + 8);
    }

    @Test
    void goesOnInAnotherModelWhileAnAnswerIsDue() {
        machine.long64().put(FlatMachine.CODE, "e460 fec0 f4"); // in al,0x60; inc al; hlt
        assertThat(machine.cpu.run(10)).isEqualTo(CpuExit.ACCESS);
        var other = new SingleStepCpuFactory().create(new CpuSpec(0, 1, 1_000_000_000L, Behaviour.X86), machine);

        other.restore(machine.cpu.save(1));
        assertThat(other.answerDue()).isTrue();
        other.answer(0x41);

        assertThat(other.run(10)).isEqualTo(CpuExit.HLT);
        assertThat(other.register(Register.RAX)).isEqualTo(0x42);
        assertThat(other.retired()).isEqualTo(3);
    }

    @Test
    void savesTheSameStateTwice() {
        machine.long64().put(FlatMachine.CODE, "e460 fec0 f4");
        machine.cpu.run(10);

        assertThat(machine.cpu.save(1)).isEqualTo(machine.cpu.save(1));
    }

    @Test
    void asksForAnExclusiveRunOfASplitLock() {
        var pair = new FlatMachine(new InterpretedCpuFactory(), 2);
        pair.long64().put(FlatMachine.CODE, "b801000000 f00fc104253e000200 f4"); // lock xadd [0x2003e],eax
        pair.word(0x2003E, 41);

        assertThat(pair.run()).isEqualTo(CpuExit.EXCLUSIVE);
        assertThat(pair.word(0x2003E)).isEqualTo(41);
        pair.cpu.runExclusive();

        assertThat(pair.word(0x2003E)).isEqualTo(42);
        assertThat(pair.run()).isEqualTo(CpuExit.HLT);
        assertThat(pair.register(Register.RAX)).isEqualTo(41);
    }

    @Test
    void decodesAfreshUntilTheOtherProcessorsHaveDroppedTheirTranslations() {
        var pair = new FlatMachine(new InterpretedCpuFactory(), 2);
        pair.flushed = false;
        pair.long64().put(FlatMachine.CODE, "b001 f4"); // mov al,1; hlt
        assertThat(pair.run()).isEqualTo(CpuExit.HLT);
        pair.ram.segment().set(java.lang.foreign.ValueLayout.JAVA_BYTE, FlatMachine.CODE + 1, (byte) 9);
        pair.cpu.register(Register.RIP, FlatMachine.CODE);

        assertThat(pair.run()).isEqualTo(CpuExit.HLT);

        assertThat(pair.flushRequests).isPositive();
        assertThat(pair.register(Register.RAX)).as("written without telling").isEqualTo(9);
    }

    @Test
    void tellsTheBytesOfAnUnknownInstruction() {
        machine.long64().gate(6, HANDLER).put(HANDLER, "f4").put(FlatMachine.CODE, "0f0a");

        assertThat(machine.run()).isEqualTo(CpuExit.HLT);

        assertThat(machine.unknown).containsExactly("0f0a");
    }

    @Test
    void shutsDownAfterATripleFault() {
        machine.long64().put(FlatMachine.CODE, "0f0b"); // ud2, and no interrupt table
        machine.cpu.register(Register.IDTR_LIMIT, 0);

        assertThat(machine.run()).isEqualTo(CpuExit.SHUTDOWN);
    }
}
