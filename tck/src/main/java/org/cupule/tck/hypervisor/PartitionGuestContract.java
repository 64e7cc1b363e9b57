package org.cupule.tck.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.Msi;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a guest sees of every partition: requests, interrupts, start-up, memory ({@code hsm.md} 3, 6.6, 7, 10, 14). */
public abstract class PartitionGuestContract extends PartitionFixture {
    private static final byte[] MERGE = MachineCode.of("""
            66 b8 44 33 22 11              mov eax,0x11223344
            e4 60                          in al,0x60
            66 e7 80                       out 0x80,eax
            e5 60                          in ax,0x60
            66 e7 80                       out 0x80,eax
            66 e5 60                       in eax,0x60
            66 e7 80                       out 0x80,eax
            f4                             hlt
            """);
    private static final byte[] SIZES = MachineCode.of("""
            b0 01                          mov al,0x1
            e6 80                          out 0x80,al
            66 b8 02 03                    mov ax,0x302
            66 e7 80                       out 0x80,ax
            b8 04 05 06 07                 mov eax,0x7060504
            e7 80                          out 0x80,eax
            c6 05 00 00 00 d0 01           mov byte [0xd0000000],0x1
            66 c7 05 02 00 00 d0 02 00     mov word [0xd0000002],0x2
            c7 05 04 00 00 d0 03 00 00 00  mov dword [0xd0000004],0x3
            a1 08 00 00 d0                 mov eax,[0xd0000008]
            e7 80                          out 0x80,eax
            f4                             hlt
            """);
    private static final byte[] TWICE = MachineCode.of("""
            e4 60                          in al,0x60
            e4 61                          in al,0x61
            f4                             hlt
            """);
    private static final byte[] CPUID = MachineCode.of("""
            b8 00 00 00 40                 mov eax,0x40000000
            0f a2                          cpuid
            e7 80                          out 0x80,eax
            89 d8                          mov eax,ebx
            e7 80                          out 0x80,eax
            b8 01 00 00 40                 mov eax,0x40000001
            0f a2                          cpuid
            e7 80                          out 0x80,eax
            f4                             hlt
            """);
    private static final byte[] VMCALL = MachineCode.of("""
            0f 01 c1                       vmcall
            b0 01                          mov al,0x1
            e6 80                          out 0x80,al
            f4                             hlt
            b0 06                          mov al,0x6         ; 0x1008, the handler
            e6 80                          out 0x80,al
            f4                             hlt
            """);
    private static final byte[] TRIPLE = MachineCode.of("""
            0f 01 1d 08 10 00 00           lidt [0x1008]
            cc                             int3
            00 00 00 00 00 00              an IDT of no entry
            """);
    private static final byte[] START_AP = MachineCode.of("""
            c7 05 00 03 e0 fe 00 45 0c 00  mov dword [0xfee00300],0xc4500  ; INIT, all but self
            c7 05 00 03 e0 fe 08 46 0c 00  mov dword [0xfee00300],0xc4608  ; start-up 8, all but self
            b0 55                          mov al,0x55
            e6 80                          out 0x80,al
            e4 60                          in al,0x60
            c7 05 00 03 e0 fe 09 46 0c 00  mov dword [0xfee00300],0xc4609  ; start-up 9, all but self
            e6 80                          out 0x80,al
            f4                             hlt
            """);
    private static final byte[] AP = MachineCode.of("""
            8c c8                          mov ax,cs
            e7 81                          out 0x81,ax
            e4 61                          in al,0x61
            e6 82                          out 0x82,al
            f4                             hlt
            """);
    /** Where the handler of {@link #PULSE} begins. */
    static final int PULSE_HANDLER = ENTRY + 0x3A;
    /** Waits, halted, for edges of pin 9, and tells the count of each through port 0x81. */
    static final byte[] PULSE = MachineCode.of("""
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff    ; the local APIC on
            c7 05 00 00 c0 fe 22 00 00 00  mov dword [0xfec00000],0x22     ; pin 9: vector 0x39, edge
            c7 05 10 00 c0 fe 39 00 00 00  mov dword [0xfec00010],0x39
            c7 05 00 00 c0 fe 23 00 00 00  mov dword [0xfec00000],0x23
            c7 05 10 00 c0 fe 00 00 00 00  mov dword [0xfec00010],0x0
            b0 01                          mov al,0x1
            e6 80                          out 0x80,al
            fb                             sti
            f4                             hlt
            eb fd                          jmp short 0x1037
            ff 05 00 30 00 00              inc dword [0x3000]              ; 0x103a, the handler
            a0 00 30 00 00                 mov al,[0x3000]
            e6 81                          out 0x81,al
            c7 05 b0 00 e0 fe 00 00 00 00  mov dword [0xfee000b0],0x0
            cf                             iret
            """);
    private static final byte[] RESET_VECTOR = MachineCode.of("""
            8c c8                          mov ax,cs
            e7 80                          out 0x80,ax
            f4                             hlt
            """);
    private static final byte[] READ = MachineCode.of("""
            a1 00 00 20 00                 mov eax,[0x200000]
            e7 80                          out 0x80,eax
            f4                             hlt
            """);

    private static final int LEVEL_HANDLER = ENTRY + 0x36;
    private static final byte[] LEVEL = MachineCode.of("""
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            c7 05 00 00 c0 fe 24 00 00 00  mov dword [0xfec00000],0x24   ; pin 10: vector 0x3a, level
            c7 05 10 00 c0 fe 3a 80 00 00  mov dword [0xfec00010],0x803a
            c7 05 00 00 c0 fe 25 00 00 00  mov dword [0xfec00000],0x25
            c7 05 10 00 c0 fe 00 00 00 00  mov dword [0xfec00010],0x0
            fb                             sti
            f4                             hlt
            eb fd                          jmp short 0x1033
            ff 05 00 30 00 00              inc dword [0x3000]   ; 0x1036, the handler
            a1 00 30 00 00                 mov eax,[0x3000]
            e7 81                          out 0x81,eax
            c7 05 b0 00 e0 fe 00 00 00 00  mov dword [0xfee000b0],0x0
            cf                             iret
            """);
    private static final int PIC_HANDLER = ENTRY + 0x18;
    private static final byte[] PIC = MachineCode.of("""
            b0 11                          mov al,0x11   ; vectors from 8, input 0 unmasked
            e6 20                          out 0x20,al
            b0 08                          mov al,0x8
            e6 21                          out 0x21,al
            b0 04                          mov al,0x4
            e6 21                          out 0x21,al
            b0 01                          mov al,0x1
            e6 21                          out 0x21,al
            b0 fe                          mov al,0xfe
            e6 21                          out 0x21,al
            fb                             sti
            f4                             hlt
            eb fd                          jmp short 0x1015
            b0 20                          mov al,0x20   ; 0x1018, the handler
            e6 20                          out 0x20,al
            43                             inc bx
            89 d8                          mov ax,bx
            e7 81                          out 0x81,ax
            cf                             iret
            """);
    private static final byte[] PCI = MachineCode.of("""
            b8 43 08 00 8f                 mov eax,0x8f000843
            66 ba f8 0c                    mov dx,0xcf8
            ef                             out dx,eax
            ed                             in eax,dx
            e7 80                          out 0x80,eax
            ba fc 0c 00 00                 mov edx,0xcfc
            ed                             in eax,dx
            e7 80                          out 0x80,eax
            ed                             in eax,dx
            e7 80                          out 0x80,eax
            66 ba f8 0c                    mov dx,0xcf8
            66 ed                          in ax,dx
            b8 40 08 00 80                 mov eax,0x80000840
            ef                             out dx,eax
            66 ba fd 0c                    mov dx,0xcfd
            66 ed                          in ax,dx
            66 e7 80                       out 0x80,ax
            f4                             hlt
            """);

    /** Only a contract. */
    protected PartitionGuestContract() {
    }

    @Test
    @DisplayName("HSM-IOREQ-03 the slot goes FREE, PENDING, PROCESSING, COMPLETE, FREE")
    void aRequestMakesTheFullCycle() {
        hold = true;
        Partition vm = start(partition(1), TWICE);
        await("first request", () -> page.state(0) == IoRequestPage.PROCESSING);
        assertThat(requests).containsExactly(new Request(0, IoRequestPage.PORTIO, false, 0x60, 1, 0));

        hold = false;
        complete(vm, 0, 1);

        await("second request", () -> requests.size() == 2);
        await("halted", () -> page.state(0) == IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-IOREQ-21 a request while the slot is not FREE is answered with #GP, and never reaches the HSM")
    void aTakenSlotGivesGeneralProtection() {
        gate(13, ENTRY + 0x100);
        load(ENTRY + 0x100, MachineCode.of("f4  hlt"));
        Partition vm = partition(1);
        load(ENTRY, TWICE);
        vm.setRegisters(0, protectedMode());
        page.state(0, IoRequestPage.PROCESSING);

        vm.start();

        await("halted in the handler", () -> vm.activity(0).equals("halted"));
        assertThat(requests).isEmpty();
    }

    @Test
    @DisplayName("HSM-IOREQ-23 a port read merges only its size into RAX")
    void aPortReadMergesItsSize() {
        answer = address -> 0xFFFF_FFFF_99AA_BBCCL;
        Partition vm = partition(1);
        load(ENTRY, MERGE);
        vm.setRegisters(0, realMode());

        vm.start();

        await("three", () -> written(0x80).equals(List.of(0x1122_33CCL, 0x1122_BBCCL, 0x99AA_BBCCL)));
    }

    @Test
    @DisplayName("ports and memory arrive with their address, size and value")
    void carriesAddressSizeAndValue() {
        answer = address -> 0x1234_5678;
        start(partition(1), SIZES);

        await("all", () -> requests.size() == 8);
        assertThat(requests).containsExactly(port(1, 1), port(2, 0x302), port(4, 0x706_0504),
                memory(true, 0xD000_0000L, 1, 1), memory(true, 0xD000_0002L, 2, 2), memory(true, 0xD000_0004L, 4, 3),
                memory(false, 0xD000_0008L, 4, 0), port(4, 0x1234_5678));
    }

    private static Request port(int size, long value) {
        return new Request(0, IoRequestPage.PORTIO, true, 0x80, size, value);
    }

    private static Request memory(boolean write, long address, int size, long value) {
        return new Request(0, IoRequestPage.MMIO, write, address, size, value);
    }

    @Test
    @DisplayName("HSM-IOREQ-05 with completion polling it goes on without a notification")
    void pollsForCompletion() {
        hold = true;
        start(partition(1, Behaviour.X86, 4), TWICE);
        await("request", () -> page.state(0) == IoRequestPage.PROCESSING);
        assertThat(page.completionPolling(0)).isTrue();

        hold = false;
        page.state(0, IoRequestPage.COMPLETE);

        await("second request", () -> requests.size() == 2);
    }

    @Test
    @DisplayName("HSM-CPUID-01 leaf 0x40000000 tells the range and the signature; HSM-CPUID-02 no user VM is privileged")
    void tellsWhoIsThere() {
        start(partition(1), CPUID);

        await("three", () -> written(0x80).size() == 3);
        assertThat(written(0x80)).containsExactly(0x4000_0010L, 0x4E52_4341L, 0L);
    }

    @Test
    @DisplayName("HSM-HC-02 VMCALL of a user VM is #UD")
    void refusesHypercalls() {
        Partition vm = partition(1);
        ram.segment().set(ValueLayout.JAVA_INT, 4 * 6, ENTRY + 8);
        load(ENTRY, VMCALL);
        vm.setRegisters(0, realMode());

        vm.start();

        await("handler", () -> !written(0x80).isEmpty());
        assertThat(written(0x80)).containsExactly(6L);
    }

    @Test
    @DisplayName("HSM-IOREQ-25 a triple fault under ACRN's rules writes 0x3400 to port 0x404, 2 bytes")
    void aTripleFaultAsksForPowerOff() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.BEHAVIOUR_ACRN));
        start(partition(1, Behaviour.ACRN, 0), TRIPLE);

        await("request", () -> !requests.isEmpty());
        assertThat(requests).containsExactly(new Request(0, IoRequestPage.PORTIO, true, 0x404, 2, 0x3400));
    }

    @Test
    @DisplayName("a triple fault pauses and tells registers and blocks")
    void aTripleFaultIsTold() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.BEHAVIOUR_X86));
        Partition vm = start(partition(1), TRIPLE);

        await("event", () -> !events.isEmpty());
        assertThat(vm.state()).isEqualTo(State.PAUSED);
        assertThat(events).singleElement().isInstanceOfSatisfying(PartitionEvent.TripleFault.class,
                fault -> assertThat(fault.report()).contains("RIP", "1007", "CR3"));
        assertThat(requests).isEmpty();
    }

    @Test
    @DisplayName("HSM-PCI-07 under ACRN's rules a second data access without a new address gets all ones")
    void oneDataAccessForEachAddress() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.BEHAVIOUR_ACRN));
        answer = address -> 0x1234_5678;
        start(partition(1, Behaviour.ACRN, 0), PCI);

        await("four", () -> written(0x80).size() == 4);
        assertThat(written(0x80)).containsExactly(0x8000_0840L, 0x1234_5678L, 0xFFFF_FFFFL, 0xFFFFL);
        assertThat(requests).filteredOn(request -> request.address() != 0x80).containsExactly(
                new Request(0, IoRequestPage.PORTIO, true, 0xCF8, 4, 0x8F00_0843L),
                new Request(0, IoRequestPage.PORTIO, false, 0xCFC, 4, 0),
                new Request(0, IoRequestPage.PORTIO, true, 0xCF8, 4, 0x8000_0840L));
    }

    @Test
    @DisplayName("under x86 every access to the configuration ports is the HSM's")
    void leavesTheConfigurationPortsToTheHsm() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.BEHAVIOUR_X86));
        start(partition(1), PCI);

        await("four", () -> written(0x80).size() == 4);
        assertThat(requests).filteredOn(request -> request.address() != 0x80).hasSize(7);
    }

    @Test
    @DisplayName("HSM-IOREQ-26 INIT and start-up v start an AP at v << 12; a second start-up is ignored")
    void startsAnAp() {
        hold = true;
        load(0x8000, AP);
        load(0x9000, AP);
        Partition vm = start(partition(2), START_AP);
        await("first out", () -> page.state(0) == IoRequestPage.PROCESSING);
        await("the AP's first out", () -> page.state(1) == IoRequestPage.PROCESSING);
        hold = false;
        complete(vm, 1, 0);
        complete(vm, 0, 0);

        await("both halt", () -> vm.activity(0).equals("halted") && vm.activity(1).equals("halted"));
        assertThat(written(0x81)).containsExactly(0x800L);
        assertThat(written(0x82)).hasSize(1);
        assertThat(written(0x80)).hasSize(2);
    }

    @Test
    @DisplayName("HSM-ARCH-01 a slot is its vCPU's; two vCPUs have requests at once")
    void everyVcpuHasItsSlot() {
        hold = true;
        load(0x8000, AP);
        Partition vm = start(partition(2), START_AP);

        await("both", () -> page.state(0) == IoRequestPage.PROCESSING && page.state(1) == IoRequestPage.PROCESSING);

        assertThat(requests).extracting(Request::vcpu).containsExactlyInAnyOrder(0, 1);
        assertThat(page.address(0)).isEqualTo(0x80);
        assertThat(page.address(1)).isEqualTo(0x81);
        complete(vm, 1, 0);
        await("only the second goes on", () -> page.address(1) == 0x61);
        assertThat(page.address(0)).isEqualTo(0x80);
    }

    @Test
    @DisplayName("HSM-INT-03 a raising pulse at an edge pin is exactly one interrupt")
    void aPulseIsOneInterrupt() {
        gate(0x39, PULSE_HANDLER);
        Partition vm = start(partition(1), PULSE);
        await("ready", () -> vm.activity(0).equals("halted"));

        vm.setIrqLine(9, 2);
        await("first", () -> written(0x81).equals(List.of(1L)));
        await("halted", () -> vm.activity(0).equals("halted"));
        vm.setIrqLine(9, 2);

        await("second", () -> written(0x81).equals(List.of(1L, 2L)));
        await("halted", () -> vm.activity(0).equals("halted"));
        assertThat(written(0x81)).hasSize(2);
    }

    @Test
    @DisplayName("a level-triggered interrupt comes again after each end of interrupt until the line is low")
    void aLevelComesAgainUntilTheLineIsLow() {
        gate(0x3A, LEVEL_HANDLER);
        var ended = new CopyOnWriteArrayList<Integer>();
        Partition vm = partition(1);
        vm.onEndOfInterrupt(ended::add);
        onRequest = () -> {
            if (written(0x81).size() == 3) {
                vm.setIrqLine(10, 1);
            }
        };
        start(vm, LEVEL);
        await("ready", () -> vm.activity(0).equals("halted"));

        vm.setIrqLine(10, 0);

        await("three", () -> written(0x81).size() == 3);
        await("halted", () -> vm.activity(0).equals("halted"));
        assertThat(written(0x81)).containsExactly(1L, 2L, 3L);
        assertThat(ended).containsExactly(10, 10, 10);
    }

    @Test
    @DisplayName("HSM-INT-04 GSI 2 is input 0 of the 8259 pair, which reaches vCPU 0 as after firmware")
    void theTimersLineReachesThePair() {
        assumeTrue(hypervisor().info().capabilities().contains(Capability.BEHAVIOUR_X86));
        Partition vm = partition(1);
        ram.segment().set(ValueLayout.JAVA_INT, 4 * 8, PIC_HANDLER);
        load(ENTRY, PIC);
        vm.setRegisters(0, realMode());
        vm.start();
        await("ready", () -> vm.activity(0).equals("halted"));

        vm.setIrqLine(2, 2);
        await("first", () -> written(0x81).equals(List.of(1L)));
        vm.setIrqLine(2, 2);

        await("second", () -> written(0x81).equals(List.of(1L, 2L)));
    }

    @Test
    @DisplayName("HSM-INT-02 a GSI of 48 is EPERM, an operation of 9 has no effect")
    void checksTheLine() {
        gate(0x39, PULSE_HANDLER);
        Partition vm = start(partition(1), PULSE);
        await("ready", () -> vm.activity(0).equals("halted"));

        refuses(Errno.EPERM, () -> vm.setIrqLine(48, 0));
        vm.setIrqLine(9, 9);
        vm.setIrqLine(9, 2);

        await("one", () -> !written(0x81).isEmpty());
        assertThat(written(0x81)).containsExactly(1L);
    }

    @Test
    @DisplayName("HSM-INT-05 an MSI outside 0xFEExxxxx is EPERM; one inside arrives")
    void checksTheMessage() {
        gate(0x39, PULSE_HANDLER);
        Partition vm = start(partition(1), PULSE);
        await("ready", () -> vm.activity(0).equals("halted"));

        refuses(Errno.EPERM, () -> vm.injectMsi(new Msi(0xFED0_0000L, 0x39)));
        vm.injectMsi(new Msi(0xFEE0_0000L, 0x39));

        await("one", () -> written(0x81).equals(List.of(1L)));
    }

    @Test
    @DisplayName("HSM-REG-06 without registers it starts at F000:FFF0 with base 0xFFFF0000")
    void startsAtTheResetVector() {
        Partition vm = partition(1);
        vm.setRegions(List.of(Region.add(0xFFFF_0000L, ram, 0x8_0000, 0x1_0000, Access.ALL)));
        load(0x8_FFF0, RESET_VECTOR);

        vm.start();

        await("there", () -> written(0x80).equals(List.of(0xF000L)));
    }

    @Test
    @DisplayName("HSM-MEM-12 mapping what is mapped succeeds and leaves it as it was")
    void anOverlappingAddKeepsTheOldMapping() {
        Partition vm = partition(1);
        ram.segment().set(ValueLayout.JAVA_INT, 0x5000, 0x5555);
        ram.segment().set(ValueLayout.JAVA_INT, 0x6000, 0x6666);
        vm.setRegions(List.of(Region.add(0x20_0000, ram, 0x5000, 4096, Access.ALL)));
        vm.setRegions(List.of(Region.add(0x20_0000, ram, 0x6000, 8192, Access.ALL)));

        start(vm, READ);

        await("read", () -> written(0x80).equals(List.of(0x5555L)));
    }

    @Test
    @DisplayName("HSM-IOREQ-24 what is not mapped is a memory request, and the answer is its value")
    void whatIsNotMappedIsARequest() {
        answer = address -> 0xFFFF_FFFFL;
        start(partition(1), READ);

        await("read", () -> written(0x80).equals(List.of(0xFFFF_FFFFL)));
        assertThat(requests).contains(memory(false, 0x20_0000, 4, 0));
    }
}
