package org.cupule.abi;

import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.PaddingLayout;
import java.lang.foreign.SequenceLayout;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * What {@code <linux/acrn.h>} fixes, as lines that a program can compare: a keyword and its values, with tabs between
 * them; names as in C.
 *
 * <pre>
 * ioctl    ACRN_IOCTL_CREATE_VM      0xc030a210
 * sizeof   acrn_msi_entry            16          8          bytes, alignment
 * offset   acrn_msi_entry.msi_data   8           8          offset, bytes
 * </pre>
 *
 * <p>
 * Members of members follow their own: {@code reqs.pio_request.address}, {@code res[0].size}. Of an array of structures
 * only the first element is told in full.
 *
 * @threading immutable
 */
public final class AbiListing {
    /** The structures, in the order of the header. */
    private static final List<GroupLayout> STRUCTURES = List.of(AcrnIoRequest.MMIO, AcrnIoRequest.PIO,
            AcrnIoRequest.PCI, AcrnIoRequest.LAYOUT, AcrnIoRequest.PAGE, AcrnIoreqNotify.LAYOUT, AcrnVmCreation.LAYOUT,
            AcrnGpRegs.LAYOUT, AcrnDescriptorPtr.LAYOUT, AcrnRegs.LAYOUT, AcrnVcpuRegs.LAYOUT, AcrnVmMemmap.LAYOUT,
            AcrnPtdevIrq.LAYOUT, AcrnPcidev.LAYOUT, AcrnMmiodev.LAYOUT, AcrnVdev.LAYOUT, AcrnMsiEntry.LAYOUT,
            AcrnAcpiGenericAddress.LAYOUT, AcrnCstateData.LAYOUT, AcrnPstateData.LAYOUT, AcrnIoeventfd.LAYOUT,
            AcrnIrqfd.LAYOUT);

    private AbiListing() {
    }

    /** {@return all lines} */
    public static List<String> lines() {
        return Stream.concat(Arrays.stream(IoctlNumber.values()).map(AbiListing::line),
                STRUCTURES.stream().flatMap(AbiListing::lines)).toList();
    }

    private static String line(IoctlNumber command) {
        return "ioctl\t%s\t0x%08x".formatted(command.cName(), command.number());
    }

    private static Stream<String> lines(GroupLayout structure) {
        String name = structure.name().orElseThrow();
        String size = "sizeof\t%s\t%d\t%d".formatted(name, structure.byteSize(), structure.byteAlignment());
        return Stream.concat(Stream.of(size), members(name + ".", 0, structure));
    }

    private static Stream<String> members(String prefix, long base, GroupLayout group) {
        Stream<String> lines = Stream.empty();
        long offset = base;
        for (MemoryLayout member : group.memberLayouts()) {
            lines = Stream.concat(lines, member(prefix, offset, member));
            offset += group instanceof java.lang.foreign.UnionLayout ? 0 : member.byteSize();
        }
        return lines;
    }

    /** Padding has no line, a union without a name only those of its members. */
    private static Stream<String> member(String prefix, long offset, MemoryLayout member) {
        if (member instanceof PaddingLayout) {
            return Stream.empty();
        }
        if (member.name().isEmpty()) {
            return members(prefix, offset, (GroupLayout) member);
        }
        String path = prefix + member.name().get();
        return Stream.concat(Stream.of("offset\t%s\t%d\t%d".formatted(path, offset, member.byteSize())),
                inside(path, offset, member));
    }

    private static Stream<String> inside(String path, long offset, MemoryLayout member) {
        return switch (member) {
            case GroupLayout group -> members(path + ".", offset, group);
            case SequenceLayout array when array.elementLayout() instanceof GroupLayout element ->
                members(path + "[0].", offset, element);
            default -> Stream.empty();
        };
    }
}
