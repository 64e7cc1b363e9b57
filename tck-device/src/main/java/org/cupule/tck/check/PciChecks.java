package org.cupule.tck.check;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.cupule.pci.BarSpec;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.tck.device.Explorer;
import org.cupule.tck.device.FakeMachine;

/**
 * Whether a PCI device is one: PCI Local Bus Specification 3.0, section 6 (configuration space), 6.2.5 (base address
 * registers), 6.8 (messages).
 */
final class PciChecks {
    private static final int FIRST_CAPABILITY = 0x40;
    private static final int SPACE = 0x100;
    private static final int MSI_BYTES = 16;
    private static final int MSIX_BYTES = 12;
    private static final int MSI = 0x05;
    private static final int VENDOR_SPECIFIC = 0x09;
    private static final int MSIX = 0x11;
    private static final int NO_CLASS = 0;
    private static final int PAGE = 4096;

    private PciChecks() {
    }

    static List<Check> all() {
        return List.of(
                new Check("pci-header", "Drivers find a function by its identity and walk its capabilities.",
                        "Look at PciFunctionSpec: ids, class, capabilities and their lengths.",
                        List.of(), PciChecks::header),
                new Check("pci-bars", "A register decodes as much as the guest finds by writing all ones to it.",
                        "Give each BAR a power of two, not in the upper half of a 64-bit one; keep the MSI-X table on "
                                + "pages without registers; answer all of each window.",
                        List.of("dma-stood"), PciChecks::bars),
                new Check("messages-declared", "The guest gives vectors for the messages that the spec has.",
                        "Send vectors from 0 to the declared number less one.",
                        List.of("dma-stood"), PciChecks::declared),
                new Check("messages-or-pin", "A guest without messages has the INTx pin only.",
                        "Use what DeviceContext.msi returns; drive line 0 when the guest enabled no messages.",
                        List.of("messages-declared", "lines-declared"), PciChecks::orPin));
    }

    private static Optional<PciFunctionSpec> function(Subject subject) {
        return subject.factory().spec().pci();
    }

    private static Verdict header(Subject subject) {
        return function(subject).map(PciChecks::header).orElseGet(PciChecks::none);
    }

    private static Verdict none() {
        return Verdict.notApplicable("it is no PCI device");
    }

    private static Verdict header(PciFunctionSpec pci) {
        if (pci.vendor() == 0xFFFF || pci.vendor() == 0) {
            return Verdict.fail("vendor id %04x means that nobody is there", pci.vendor());
        }
        if (pci.classCode() == NO_CLASS) {
            return Verdict.fail("class 000000 is of the time before there were classes");
        }
        int bytes = pci.capabilities().stream().mapToInt(PciChecks::length).sum() + (pci.msiVectors() > 0
                ? MSI_BYTES
                : 0) + (pci.msix().isPresent() ? MSIX_BYTES : 0);
        if (bytes > SPACE - FIRST_CAPABILITY) {
            return Verdict.fail("its capabilities take %d bytes of the %d that there are", bytes,
                    SPACE - FIRST_CAPABILITY);
        }
        return pci.capabilities().stream().map(PciChecks::wrong).flatMap(Optional::stream).findFirst()
                .map(sentence -> Verdict.fail("%s", sentence))
                .orElseGet(() -> Verdict.pass("%04x:%04x, class %06x, %d bytes of capabilities", pci.vendor(),
                        pci.device(), pci.classCode(), bytes));
    }

    /** {@return how many bytes a capability takes, to the next multiple of 4} */
    private static int length(Capability capability) {
        return capability.body().length + 2 + 3 & ~3;
    }

    private static Optional<String> wrong(Capability capability) {
        int id = capability.id();
        int said = id == VENDOR_SPECIFIC && capability.body().length > 0
                ? capability.body()[0] & 0xFF
                : capability.body().length + 2;
        if (id <= 0 || id > 0xFF) {
            return Optional.of("a capability has the id %d".formatted(id));
        }
        if (id == MSI || id == MSIX) {
            return Optional.of("capability %d is the platform's: say it by msiVectors or msix".formatted(id));
        }
        return said == capability.body().length + 2
                ? Optional.empty()
                : Optional.of("a vendor's capability says %d bytes and has %d".formatted(said,
                        capability.body().length + 2));
    }

    private static Verdict bars(Subject subject) {
        PciFunctionSpec pci = function(subject).orElse(null);
        if (pci == null || pci.bars().isEmpty()) {
            return Verdict.notApplicable("it has no base address registers");
        }
        FakeMachine machine = subject.used();
        for (BarSpec bar : pci.bars()) {
            boolean ports = bar.kind() == BarSpec.Kind.PORTIO;
            for (int size : Set.of(1, 2, 4)) {
                Explorer.read(machine, bar.index(), ports, 0, size);
                Explorer.read(machine, bar.index(), ports, bar.lengthBytes() - size, size);
            }
        }
        return pci.msix().flatMap(table -> shared(pci, table)).map(sentence -> Verdict.fail("%s", sentence))
                .orElseGet(() -> Verdict.pass("%s", pci.bars().stream().map(bar -> "BAR %d: %s, %d bytes".formatted(
                        bar.index(), bar.kind(), bar.lengthBytes())).collect(Collectors.joining("; "))));
    }

    /** The table must be alone on its pages, or in a register of its own: 6.8.2. */
    private static Optional<String> shared(PciFunctionSpec pci, PciFunctionSpec.MsixTable table) {
        long length = pci.bars().stream().filter(bar -> bar.index() == table.bar()).mapToLong(BarSpec::lengthBytes)
                .max().orElse(0);
        boolean alone = Math.min(table.table(), table.pending()) % PAGE == 0 || length <= PAGE;
        return alone
                ? Optional.empty()
                : Optional.of("the MSI-X table begins at 0x%x of BAR %d, in the middle of a page of registers"
                        .formatted(Math.min(table.table(), table.pending()), table.bar()));
    }

    private static Verdict declared(Subject subject) {
        PciFunctionSpec pci = function(subject).orElse(null);
        if (pci == null) {
            return none();
        }
        for (long seed = 1; seed <= 3; seed++) {
            FakeMachine machine = subject.fresh();
            machine.enableMsi(pci.messages());
            subject.scripts().forEach(script -> script.accept(machine));
            new Explorer(machine, seed).run(Subject.STEPS);
            var wrong = machine.broken().stream().filter(rule -> rule.startsWith("messages: ")).toList();
            if (!wrong.isEmpty()) {
                return Verdict.fail("%s", wrong.getFirst());
            }
        }
        return Verdict.pass("it sends none but its %d messages", pci.messages());
    }

    private static Verdict orPin(Subject subject) {
        PciFunctionSpec pci = function(subject).orElse(null);
        if (pci == null || pci.messages() == 0 || pci.intxPin() == 0) {
            return Verdict.notApplicable("it has not both messages and a pin");
        }
        int sent = interrupts(subject, pci.messages()).messages().size();
        int rises = interrupts(subject, 0).rises(0);
        if (sent == 0) {
            return Verdict.notApplicable("it sent no message: give a script that brings one");
        }
        return rises > 0
                ? Verdict.pass("%d messages; without them the pin rises %d times", sent, rises)
                : Verdict.fail("it sends %d messages, and when the guest enabled none its pin never rises", sent);
    }

    private static FakeMachine interrupts(Subject subject, int enabled) {
        FakeMachine machine = subject.fresh();
        machine.fixMsi(enabled);
        subject.scripts().forEach(script -> script.accept(machine));
        new Explorer(machine, 7).run(Subject.STEPS);
        return machine;
    }
}
