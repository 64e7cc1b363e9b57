package org.cupule.machine.firmware;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.cupule.machine.loader.LoadPlan.Chunk;

/**
 * All tables of a machine.
 *
 * <pre>
 *  00000  {@link BiosData}
 *  E0000  FACS, DSDT, FADT, MADT, HPET, MCFG, RSDT, XSDT
 *  F0000  RSDP    F0040  _MP_    F0060  _SM3_    F0080  _SM_
 *  F0100  MP table               F1000  SMBIOS structures
 * </pre>
 *
 * What is not there has zeros in place of its pointer.
 *
 * @threading any thread: functions without state
 */
public final class FirmwareTables {
    /** First byte of the memory in which they lie. */
    public static final long FIRST = 0xE_0000;
    /** Last byte of it. */
    public static final long LAST = 0xF_FFFF;
    /** Last byte of the low memory in which the BIOS data lie. */
    public static final long LAST_LOW = BiosData.LAST;
    /** Where the pointer to the ACPI tables lies, if there are any. */
    public static final long RSDP = 0xF_0000;
    static final long ACPI = FIRST;
    static final long MP_POINTER = 0xF_0040;
    static final long SMBIOS_NEW = 0xF_0060;
    static final long SMBIOS_OLD = 0xF_0080;
    static final long MP_TABLE = 0xF_0100;
    static final long SMBIOS = 0xF_1000;
    static final long IO_APIC = 0xFEC0_0000L;
    static final long LOCAL_APIC = 0xFEE0_0000L;
    /** Where the timer's irq 0 comes in. */
    static final int TIMER_INPUT = 2;
    static final int ISA_LINES = 16;
    private static final int POINTERS = 0x100;

    private FirmwareTables() {
    }

    /**
     * {@return what is written to memory, in this order}
     *
     * @param platform
     *            the machine
     * @param low
     *            whether low memory is free for what a BIOS leaves there
     */
    public static List<Chunk> of(Platform platform, boolean low) {
        var chunks = new ArrayList<Chunk>();
        chunks.add(new Chunk(RSDP, new byte[0], 0, 0, POINTERS));
        Stream.of(platform.hasAcpi() ? new AcpiTables(platform).chunks() : List.<Chunk>of(),
                new MpTable(platform).chunks(), new Smbios(platform).chunks()).forEach(chunks::addAll);
        if (low) {
            chunks.addAll(BiosData.chunks(platform));
        }
        return chunks;
    }

    /** {@return the GSI of the fixed hardware's interrupt} */
    static int sci(Platform platform) {
        return platform.first(Platform.POWER_MANAGEMENT).orElseThrow().lines().get("sci");
    }
}
