package org.cupule.machine.command;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.types.Bdf;
import org.cupule.types.HsmException;

/**
 * What a guest was doing, for people. The VM stands still while it is asked.
 *
 * @threading any thread
 */
final class Explanation {
    private static final long INTERRUPT_FLAG = 1 << 9;
    private static final int LAST_ACCESSES = 3;
    private static final int PAGE = 4096;

    private final VirtualMachine vm;
    private final SymbolMap symbols;

    Explanation(VirtualMachine vm, SymbolMap symbols) {
        this.vm = vm;
        this.symbols = symbols;
    }

    /** {@return one sentence: what each processor was doing, and the last accesses to devices} */
    String sentence() {
        String accesses = accesses();
        return IntStream.range(0, vm.vcpuCount()).mapToObj(this::processor).collect(Collectors.joining("; "))
                + (accesses.isEmpty() ? "." : "; last accesses: " + accesses + ".");
    }

    /** {@return whether no processor will ever go on: all are halted, and none takes interrupts} */
    boolean dead() {
        return IntStream.range(0, vm.vcpuCount()).allMatch(this::dead);
    }

    /** {@return whether no processor has anything to do now} */
    boolean idle() {
        return IntStream.range(0, vm.vcpuCount()).allMatch(vcpu -> switch (vm.activity(vcpu)) {
            case "halted", "waiting for SIPI", "off line" -> true;
            default -> false;
        });
    }

    private boolean dead(int vcpu) {
        return switch (vm.activity(vcpu)) {
            case "halted" -> !interruptible(vm.registers(vcpu));
            case "waiting for SIPI", "off line" -> true;
            default -> false;
        };
    }

    private static boolean interruptible(Map<String, Long> registers) {
        return (registers.getOrDefault("RFLAGS", 0L) & INTERRUPT_FLAG) != 0;
    }

    private String processor(int vcpu) {
        String activity = vm.activity(vcpu);
        try {
            Map<String, Long> registers = vm.registers(vcpu);
            return "processor %d was %s at RIP %s with interrupts %s".formatted(vcpu,
                    activity.equals("stopped") ? "running" : activity, place(registers.getOrDefault("RIP", 0L)),
                    interruptible(registers) ? "on" : "off");
        } catch (HsmException e) {
            return "processor %d was %s".formatted(vcpu, activity);
        }
    }

    private String place(long address) {
        return "0x%x%s".formatted(address, symbols.at(address).map(name -> " (" + name + ")").orElse(""));
    }

    private String accesses() {
        List<IoTrace> kept = vm.ioRequests().trace();
        return kept.subList(Math.max(0, kept.size() - LAST_ACCESSES), kept.size()).stream().map(Explanation::access)
                .collect(Collectors.joining(", "));
    }

    private static String access(IoTrace trace) {
        return "%s of %d bytes %s %s %s 0x%x (%s)".formatted(trace.write() ? "write" : "read", trace.size(),
                trace.write() ? "to" : "from", where(trace), trace.write() ? "of" : "gave", trace.value(),
                trace.client());
    }

    private static String where(IoTrace trace) {
        return switch (trace.type()) {
            case IoRequestPage.PORTIO -> "port 0x%x".formatted(trace.address());
            case IoRequestPage.PCICFG -> "PCI configuration of %s at 0x%x"
                    .formatted(Bdf.of((int) (trace.address() >> 12) & 0xFFFF), trace.address() & 0xFFF);
            default -> "address 0x%x".formatted(trace.address());
        };
    }

    /** {@return all that is known, a line each: processors, code, accesses, and what the hypervisor tells} */
    List<String> report() {
        var lines = new ArrayList<String>();
        for (int vcpu = 0; vcpu < vm.vcpuCount(); vcpu++) {
            lines.add("");
            lines.add(processor(vcpu));
            registers(vcpu, lines);
        }
        lines.add("");
        lines.add("the last %d accesses to devices, oldest first; time is the VM's, in microseconds"
                .formatted(vm.ioRequests().trace().size()));
        vm.ioRequests().trace().stream().sorted(Comparator.comparingLong(IoTrace::number))
                .map(trace -> "%8d %12.1f processor %d: %s".formatted(trace.number(), trace.nanos() / 1000.0,
                        trace.vcpu(), access(trace)))
                .forEach(lines::add);
        lines.add("");
        lines.addAll(vm.describe());
        lines.add("memory SHA-256 " + memorySum());
        return lines;
    }

    /** {@return one number for all of RAM: two runs that were the same have the same} */
    private String memorySum() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var page = new byte[PAGE];
            for (GuestMemory.Mapping mapping : vm.memory().mappings()) {
                for (long at = 0; mapping.ram() && at < mapping.lengthBytes(); at += PAGE) {
                    if (vm.memory().read(mapping.gpa() + at, page, 0, PAGE)) {
                        digest.update(page);
                    }
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    private void registers(int vcpu, List<String> lines) {
        try {
            vm.registers(vcpu).forEach((name, value) -> lines.add("  %-14s %016x".formatted(name, value)));
            lines.add("  the last blocks of code, oldest first");
            vm.recentCode(vcpu).forEach(address -> lines.add("    " + place(address)));
        } catch (HsmException e) {
            lines.add("  " + e.getMessage());
        }
    }
}
