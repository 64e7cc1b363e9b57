package org.cupule.rig.guest;

import java.lang.foreign.Arena;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.ToIntFunction;
import org.cupule.abi.AcrnIoeventfd;
import org.cupule.abi.AcrnIoreqNotify;
import org.cupule.abi.AcrnIrqfd;
import org.cupule.abi.AcrnMsiEntry;
import org.cupule.abi.AcrnPcidev;
import org.cupule.abi.AcrnVcpuRegs;
import org.cupule.abi.AcrnVdev;
import org.cupule.abi.AcrnVmCreation;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.CStruct;
import org.cupule.abi.IoctlNumber;

/**
 * A random sequence of ioctls, the same for a seed. Left out is what {@code docs/differences.md} says that we do in
 * another way on purpose: second creations, notices of requests that are not there, addresses inside a page, and the
 * ATTACH that would sleep.
 *
 * @threading confined to the test
 */
final class Script {
    private static final int PAGE = Side.PAGE;
    private static final int BAD_ADDRESS = 0x1000;
    private static final int EVENTFDS = 3;

    private final Random random;
    private final Arena arena;
    private final List<Long> devices = new ArrayList<>();
    private boolean client;
    private boolean created;
    private boolean destroyed;

    /** A command with its argument, which is made on each side. */
    record Step(String name, ToIntFunction<Side> action, Runnable onSuccess) {
    }

    Script(long seed, Arena arena) {
        this.random = new Random(seed);
        this.arena = arena;
    }

    /** Both sides get these before the first step, so that numbers mean the same. */
    static List<Integer> eventFds(Side side) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < EVENTFDS; i++) {
            numbers.add(side.eventFd());
        }
        return numbers;
    }

    private boolean rarely() {
        return random.nextInt(8) == 0;
    }

    private <S extends CStruct> S zeros(GroupLayout layout, Function<MemorySegment, S> view) {
        return view.apply(arena.allocate(layout));
    }

    private Step step(IoctlNumber command, long argument, Runnable onSuccess) {
        return new Step("%s(0x%x)".formatted(command, argument), side -> side.ioctl(command.number(), argument),
                onSuccess);
    }

    private Step step(IoctlNumber command) {
        return step(command, 0, () -> {
        });
    }

    private Step step(IoctlNumber command, CStruct argument, String what) {
        boolean bad = random.nextInt(20) == 0;
        return new Step(command + " " + (bad ? "bad address" : what),
                side -> side.ioctl(command.number(), bad ? BAD_ADDRESS : side.put(argument)), () -> {
                });
    }

    private void spoil(CStruct structure, int from, int bytes) {
        if (rarely()) {
            structure.memory().set(ValueLayout.JAVA_BYTE, from + random.nextInt(bytes), (byte) 1);
        }
    }

    /** {@return the next step; it depends on what those before gave} */
    Step next() {
        if (!created && random.nextInt(3) == 0) {
            return create();
        }
        return switch (random.nextInt(24)) {
            case 0 -> step(IoctlNumber.START_VM);
            case 1 -> step(IoctlNumber.PAUSE_VM);
            case 2 -> step(IoctlNumber.RESET_VM);
            case 3, 4 -> registers();
            case 5 -> message();
            case 6 -> step(IoctlNumber.SET_IRQLINE, (long) random.nextInt(6) << 32 | random.nextInt(64), () -> {
            });
            case 7 -> notice();
            case 8 -> step(IoctlNumber.CREATE_IOREQ_CLIENT, 0, () -> client = true);
            case 9 -> step(IoctlNumber.DESTROY_IOREQ_CLIENT, 0, () -> client = false);
            case 10 -> step(IoctlNumber.CLEAR_VM_IOREQ);
            case 11 -> client ? step(IoctlNumber.PAUSE_VM) : step(IoctlNumber.ATTACH_IOREQ_CLIENT);
            case 12, 13, 14 -> ram();
            case 15, 16 -> device();
            case 17, 18 -> ioEventFd();
            case 19, 20 -> irqFd();
            case 21 -> random.nextBoolean() ? pciDevice() : virtualDevice();
            case 22 -> unknown();
            default ->
                rarely() ? step(IoctlNumber.DESTROY_VM, 0, () -> destroyed = true) : step(IoctlNumber.CLEAR_VM_IOREQ);
        };
    }

    /** {@return whether the VM has come and gone} */
    boolean isOver() {
        return destroyed && created;
    }

    private Step create() {
        AcrnVmCreation creation = zeros(AcrnVmCreation.LAYOUT, AcrnVmCreation::new);
        creation.cpuAffinity(1 + random.nextInt(0xFFFF));
        creation.vmFlag(new long[]{0, 0, 1, 4, 2, 18}[random.nextInt(6)]);
        spoil(creation, 2, 2);
        spoil(creation, 6, 2);
        boolean badPage = rarely();
        boolean badAddress = rarely();
        return new Step("CREATE_VM flags %d affinity %x%s".formatted(creation.vmFlag(), creation.cpuAffinity(),
                badPage ? " bad page" : ""), side -> create(side, creation, badPage, badAddress), () -> created = true);
    }

    /** What it writes is part of the result: the count of vCPUs. */
    private static int create(Side side, AcrnVmCreation creation, boolean badPage, boolean badAddress) {
        creation.ioreqBuf(badPage ? BAD_ADDRESS : side.pages(1));
        long address = badAddress ? BAD_ADDRESS : side.put(creation);
        int result = side.ioctl(IoctlNumber.CREATE_VM.number(), address);
        int expected = Long.bitCount(creation.cpuAffinity());
        boolean wrong = result == 0 && new AcrnVmCreation(side.memory(address)).vcpuNum() != expected;
        return wrong ? Integer.MIN_VALUE : result;
    }

    private Step registers() {
        AcrnVcpuRegs registers = zeros(AcrnVcpuRegs.LAYOUT, AcrnVcpuRegs::new);
        registers.vcpuId(random.nextInt(20));
        spoil(registers, 2, 6);
        spoil(registers, 8 + 138, 6);
        spoil(registers, 8 + 154, 6);
        spoil(registers, 8 + 216, 32);
        spoil(registers, 8 + 256, 12);
        spoil(registers, 8 + 284, 4);
        return step(IoctlNumber.SET_VCPU_REGS, registers, "vcpu " + registers.vcpuId());
    }

    private Step message() {
        AcrnMsiEntry entry = zeros(AcrnMsiEntry.LAYOUT, AcrnMsiEntry::new);
        entry.address(rarely() ? random.nextLong() : 0xFEE0_0000L | random.nextInt(256) << 12);
        entry.data(0x20 + random.nextInt(0xE0));
        return step(IoctlNumber.INJECT_MSI, entry, "%x".formatted(entry.address()));
    }

    private Step notice() {
        AcrnIoreqNotify notice = zeros(AcrnIoreqNotify.LAYOUT, AcrnIoreqNotify::new);
        notice.vcpu(16 + random.nextInt(8));
        spoil(notice, 2, 2);
        return step(IoctlNumber.NOTIFY_REQUEST_FINISH, notice, "vcpu " + notice.vcpu());
    }

    private Step ram() {
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        int pages = random.nextInt(5);
        map.type(rarely() ? 2 + random.nextInt(3) : AcrnVmMemmap.RAM);
        map.attr(random.nextInt(0x800));
        map.userVmPa((long) random.nextInt(4096) * PAGE);
        map.len((long) pages * PAGE + (rarely() ? random.nextInt(PAGE) : 0));
        boolean readOnly = rarely();
        boolean missing = rarely();
        IoctlNumber command = rarely() ? IoctlNumber.UNSET_MEMSEG : IoctlNumber.SET_MEMSEG;
        return new Step(
                "%s type %d %x bytes%s%s".formatted(command, map.type(), map.len(), readOnly ? " read-only" : "",
                        missing ? " partly missing" : ""),
                side -> ram(side, command, map, pages, readOnly, missing), () -> {
                });
    }

    private static int ram(Side side, IoctlNumber command, AcrnVmMemmap map, int pages, boolean readOnly,
            boolean missing) {
        long base = missing ? BAD_ADDRESS : side.pages(pages + 1);
        if (readOnly && !missing) {
            side.protect(base);
        }
        map.vmaBase(base);
        return side.ioctl(command.number(), side.put(map));
    }

    private Step device() {
        boolean fresh = devices.size() < 2;
        int number = fresh ? devices.size() : random.nextInt(devices.size());
        int pages = 1 + random.nextInt(4);
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        map.type(AcrnVmMemmap.MMIO);
        map.attr(random.nextInt(0x800));
        map.userVmPa(0xE000_0000L + (long) random.nextInt(8) * PAGE);
        map.len((long) pages * PAGE + (rarely() ? 1 : 0));
        if (fresh) {
            devices.add(0xF000_0000L + number * 0x1000_0000L);
        }
        map.vmaBase(devices.get(number));
        IoctlNumber command = random.nextInt(3) == 0 ? IoctlNumber.UNSET_MEMSEG : IoctlNumber.SET_MEMSEG;
        return new Step("%s device %x + %x".formatted(command, map.userVmPa(), map.len()), side -> {
            if (fresh) {
                side.device(8);
            }
            return side.ioctl(command.number(), side.put(map));
        }, () -> {
        });
    }

    /** {@return which of a side's descriptors: one of its eventfds, one that is none, or one that is not open} */
    private Function<Side, Integer> descriptor(Function<Side, List<Integer>> numbers) {
        int choice = random.nextInt(8);
        return switch (choice) {
            case 0 -> Side::otherDescriptor;
            case 1 -> side -> 9999;
            default -> side -> numbers.apply(side).get(choice % EVENTFDS);
        };
    }

    private Step ioEventFd() {
        Function<Side, Integer> descriptor = descriptor(DifferentialClaims::eventFds);
        AcrnIoeventfd bell = zeros(AcrnIoeventfd.LAYOUT, AcrnIoeventfd::new);
        bell.flags(random.nextInt(16));
        bell.addr(rarely() ? -random.nextInt(16) : 0x500 + random.nextInt(4));
        bell.len(random.nextInt(10));
        bell.data(random.nextInt(2));
        spoil(bell, 20, 4);
        return step("IOEVENTFD flags %d addr %x len %d".formatted(bell.flags(), bell.addr(), bell.len()), side -> {
            bell.fd(descriptor.apply(side));
            return side.ioctl(IoctlNumber.IOEVENTFD.number(), side.put(bell));
        });
    }

    private Step irqFd() {
        Function<Side, Integer> descriptor = descriptor(DifferentialClaims::eventFds);
        AcrnIrqfd line = zeros(AcrnIrqfd.LAYOUT, AcrnIrqfd::new);
        line.flags(random.nextInt(3));
        line.memory().set(ValueLayout.JAVA_LONG, 8, 0xFEE0_0000L);
        return step("IRQFD flags %d".formatted(line.flags()), side -> {
            line.fd(descriptor.apply(side));
            return side.ioctl(IoctlNumber.IRQFD.number(), side.put(line));
        });
    }

    private static Step step(String name, ToIntFunction<Side> action) {
        return new Step(name, action, () -> {
        });
    }

    private Step pciDevice() {
        AcrnPcidev device = zeros(AcrnPcidev.LAYOUT, AcrnPcidev::new);
        device.virtBdf(random.nextInt(0x100));
        device.physBdf(random.nextInt(0x100));
        return step(random.nextBoolean() ? IoctlNumber.ASSIGN_PCIDEV : IoctlNumber.DEASSIGN_PCIDEV, device, "");
    }

    private Step virtualDevice() {
        AcrnVdev device = zeros(AcrnVdev.LAYOUT, AcrnVdev::new);
        device.vendor(random.nextInt(0x10000));
        device.device(random.nextInt(0x10000));
        return step(IoctlNumber.CREATE_VDEV, device, "");
    }

    /** A number of the right magic that is no command, or a command with a wrong size or direction. */
    private Step unknown() {
        IntSupplier number = random.nextBoolean()
                ? () -> 0xA2 << 8 | 0x80 + random.nextInt(0x80)
                : () -> IoctlNumber.values()[random.nextInt(IoctlNumber.values().length)].number()
                        ^ 1 << 16 + random.nextInt(16);
        int wrong = number.getAsInt();
        return step("0x%x".formatted(wrong), side -> side.ioctl(wrong, BAD_ADDRESS));
    }
}
