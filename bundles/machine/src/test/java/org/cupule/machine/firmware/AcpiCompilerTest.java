package org.cupule.machine.firmware;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The compiler of ACPI's makers reads what was written here. */
class AcpiCompilerTest {
    @TempDir
    Path folder;

    /** Skips a test, loudly, where the compiler is missing. */
    @BeforeEach
    void compilerIsInstalled() throws Exception {
        boolean there = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "iasl")));
        if (!there) {
            System.out.println("SKIPPED: ACPI tables are not read by iasl: it is not installed (Debian: acpica-tools)");
        }
        assumeTrue(there, "iasl is not installed");
    }

    static List<Rig> machines() {
        return List.of(Rig.whole(1), Rig.whole(16), Rig.withoutPci(Rig.PM),
                Rig.of(2, 600L << 30, true, Rig.PM, Rig.COM2, Rig.SENSOR));
    }

    @ParameterizedTest
    @MethodSource("machines")
    void readsEachTableAndCompilesTheDsdtAgainWithoutAWarning(Rig rig) throws Exception {
        for (long table : rig.tables()) {
            assertThat(disassembled(rig.text(table, 4), rig.tableBytes(table))).doesNotContain("Invalid", "Unknown");
        }
        disassembled("DSDT", rig.tableBytes(rig.dsdt()));
        assertThat(iasl("-oa", "-p", "again", "DSDT.dsl")).contains("0 Errors, 0 Warnings");
        byte[] again = Files.readAllBytes(folder.resolve("again.aml"));
        assertThat(again).hasSize(rig.tableBytes(rig.dsdt()).length).endsWith(terms(rig));
    }

    private static byte[] terms(Rig rig) {
        return new Dsdt(rig.platform()).terms();
    }

    @Test
    void understandsWhatTheDsdtSays() throws Exception {
        String text = disassembled("DSDT", Rig.whole(2).tableBytes(Rig.whole(2).dsdt())).replaceAll("\\s+", " ");
        assertThat(text).contains("Name (\\_S5, Package (0x04) // _S5_: S5 System State { 0x05, 0x05, Zero, Zero })")
                .contains("Device (COM2)", "EisaId (\"PNP0501\")", "EisaId (\"PNP0A08\")", "EisaId (\"PNP0103\")",
                        "EisaId (\"PNP0B00\")", "EisaId (\"PNP0303\")",
                        "ToUUID (\"33db4d5b-1ff7-401c-9657-7441c03dd766\")")
                .contains("Interrupt (ResourceConsumer, Level, ActiveHigh, Shared, ,, ) { 0x00000010, }");
    }

    @Test
    void understandsTheSlotsOfThePciBus() throws Exception {
        String text = disassembled("DSDT", Rig.whole(2).tableBytes(Rig.whole(2).dsdt())).replaceAll("\\s+", " ");
        assertThat(text).contains("OperationRegion (HPRG, SystemIO, 0x0CC0, 0x10)",
                "Field (HPRG, DWordAcc, NoLock, WriteAsZeros) { HPCH, 32, HPRM, 32, HPEJ, 32, HPCT, 32 }",
                "Name (_HID, \"ACPI0013\"", "Notify (PCI0, Zero)", "Notify (S1F, 0x03)",
                "Method (_OST, 3,", "HPCT = (((Arg0 << 0x10) | ((Arg1 & 0xFF", "<< 0x08)) | 0x3F)",
                "Level, ActiveHigh, Shared, ,, ) { 0x00000005, }");
    }

    private String disassembled(String signature, byte[] table) throws Exception {
        Files.write(folder.resolve(signature + ".dat"), table);
        assertThat(iasl("-d", signature + ".dat")).doesNotContainIgnoringCase("error")
                .doesNotContainIgnoringCase("warning").doesNotContainIgnoringCase("incorrect checksum");
        return Files.readString(folder.resolve(signature + ".dsl"));
    }

    private String iasl(String... arguments) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(Stream.concat(Stream.of("iasl"), Stream.of(arguments)).toList())
                .directory(folder.toFile()).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(process.waitFor(60, SECONDS)).isTrue();
        return Files.readString(output, UTF_8);
    }
}
