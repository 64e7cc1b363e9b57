package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.cupule.dev.virtio.blk.VirtioBlkFactory;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.stream.DiskFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A virtio disk on a real bus, with a real image: the test is the driver. */
@Timeout(120)
class VirtioDiskTest {
    private static final int BDF = 3 << 3;
    private static final int SECTORS = 512;
    private static final long RINGS = 0x10_0000;
    private static final long HEADERS = 0x11_0000;
    private static final long DATA = 0x12_0000;
    private static final int ENTRIES = 64;
    private static final long DEADLINE_NANOS = 60_000_000_000L;

    @TempDir
    Path folder;
    private final DeviceBench bench = new DeviceBench();
    private Path image;
    private long registers;
    private long table;
    private int available;
    private int used;

    @BeforeEach
    void start() throws IOException {
        image = folder.resolve("disk.img");
        Files.write(image, new byte[512 * SECTORS]);
        bench.devices.addBus(PciOffer.of(new ConventionalPciBusFactory(), 3));
        bench.devices.plug(new DeviceDescription("virtio-blk", "x", "", Map.of(), Map.of(), "00:03.0", Map.of(), ""),
                DeviceOffer.of(new VirtioBlkFactory(), 1), new DiskFile(image, false, false));
        bench.vm.writeConfig(BDF, 4, 2, 6);
        registers = bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        table = bench.vm.readConfig(BDF, 0x18, 4) & 0xFFFF_FFF0L;
        driver();
    }

    private void driver() {
        bench.vm.writeConfig(BDF, 0x42, 2, 0x8000);
        bench.vm.write(table + 16, 4, 0xFEE0_0000L);
        bench.vm.write(table + 24, 4, 0x51);
        bench.vm.write(table + 28, 4, 0);
        bench.vm.write(registers + 0x14, 1, 3);
        bench.vm.write(registers + 0x08, 4, 1);
        bench.vm.write(registers + 0x0C, 4, 1);
        bench.vm.write(registers + 0x14, 1, 11);
        bench.vm.write(registers + 0x18, 2, ENTRIES);
        bench.vm.write(registers + 0x1A, 2, 1);
        bench.vm.write(registers + 0x20, 8, RINGS);
        bench.vm.write(registers + 0x28, 8, RINGS + 0x1000);
        bench.vm.write(registers + 0x30, 8, RINGS + 0x2000);
        bench.vm.write(registers + 0x1C, 2, 1);
        bench.vm.write(registers + 0x14, 1, 15);
    }

    @AfterEach
    void end() {
        bench.devices.close();
    }

    private void poke(long gpa, byte[] bytes) {
        bench.vm.memory().write(gpa, bytes, 0, bytes.length);
    }

    private static ByteBuffer little(int lengthBytes) {
        return ByteBuffer.allocate(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void descriptor(int at, long gpa, int length, int flags) {
        poke(RINGS + 16L * at,
                little(16).putLong(gpa).putInt(length).putShort((short) flags).putShort((short) (at + 1)).array());
    }

    /** Asks for one sector; each of 16 slots has its own header, data and descriptors. */
    private void ask(int slot, boolean write, int sector) {
        int at = 4 * slot;
        poke(HEADERS + 32L * slot, little(17).putInt(write ? 1 : 0).putInt(0).putLong(sector).put((byte) 99).array());
        descriptor(at, HEADERS + 32L * slot, 16, 1);
        descriptor(at + 1, DATA + 512L * slot, 512, write ? 1 : 3);
        descriptor(at + 2, HEADERS + 32L * slot + 16, 1, 2);
        poke(RINGS + 0x1000 + 4 + 2L * (available % ENTRIES), little(2).putShort((short) at).array());
        available++;
        poke(RINGS + 0x1002, little(2).putShort((short) available).array());
        bench.vm.write(registers + 0x3000, 2, 0);
    }

    private void awaitAll() {
        await(() -> usedIndex() == available);
        used = available;
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + DEADLINE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("it comes in time").isNegative();
            LockSupport.parkNanos(100_000);
        }
    }

    private int usedIndex() {
        byte[] bytes = bench.vm.memory().peek(RINGS + 0x2002, 2);
        return bytes[0] & 0xFF | (bytes[1] & 0xFF) << 8;
    }

    private int status(int slot) {
        return bench.vm.memory().peek(HEADERS + 32L * slot + 16, 1)[0];
    }

    @Test
    void interruptsThroughTheTable() {
        ask(0, false, 0);
        awaitAll();
        assertThat(status(0)).isZero();
        await(() -> bench.vm.interrupts().told().contains("msi 0xfee00000=0x51"));
    }

    @Test
    void losesAndDoublesNothingWhileItIsSwappedAgainAndAgain() throws IOException {
        var random = new Random(7);
        byte[] model = new byte[512 * SECTORS];
        for (int round = 0; round < 60; round++) {
            int[] sectors = random.ints(0, SECTORS).distinct().limit(16).toArray();
            boolean write = random.nextBoolean();
            for (int slot = 0; slot < 16; slot++) {
                byte[] data = new byte[512];
                random.nextBytes(data);
                poke(DATA + 512L * slot, write ? data : new byte[512]);
                System.arraycopy(write ? data : model, write ? 0 : 512 * sectors[slot], model, 512 * sectors[slot],
                        512);
                ask(slot, write, sectors[slot]);
            }
            bench.swapTo(new VirtioBlkFactory());
            awaitAll();
            for (int slot = 0; slot < 16; slot++) {
                assertThat(status(slot)).isZero();
                assertThat(bench.vm.memory().peek(DATA + 512L * slot, 512))
                        .isEqualTo(Arrays.copyOfRange(model, 512 * sectors[slot], 512 * sectors[slot] + 512));
            }
        }
        assertThat(used).isEqualTo(60 * 16);
        assertThat(bench.status()).isEqualTo("running");
        assertThat(Files.readAllBytes(image)).isEqualTo(model);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void standsAnyConfigurationRegisterAndQueue(long seed) {
        var random = new Random(seed);
        for (int i = 0; i < 4000; i++) {
            int size = 1 << random.nextInt(3);
            switch (random.nextInt(8)) {
                case 0 -> bench.vm.writeConfig(BDF, random.nextInt(0x100) & -size, size, random.nextInt());
                case 1 -> bench.vm.readConfig(BDF, random.nextInt(0x100) & -size, size);
                case 2 -> bench.vm.write(registers + random.nextInt(0x40), size, random.nextInt(0x100));
                case 3 -> bench.vm.write(table + random.nextInt(0x840), 4, random.nextInt());
                case 4 -> poke(RINGS + random.nextInt(0x3000), new byte[]{(byte) random.nextInt(20)});
                case 5 -> ask(random.nextInt(16), random.nextBoolean(), random.nextInt(2 * SECTORS));
                case 6 -> bench.vm.write(registers + 0x3000, 2, 0);
                default -> bench.vm.writeConfig(BDF, 4, 2, 6);
            }
        }
        assertThat(bench.status()).isEqualTo("running");
        assertThat(bench.devices.list().getFirst().failures()).isZero();
        recover();
        ask(0, false, 0);
        awaitAll();
        assertThat(status(0)).isZero();
    }

    /** As a guest that boots again: the places of the registers, a reset, and the rings anew. */
    private void recover() {
        bench.devices.reset();
        bench.vm.writeConfig(BDF, 4, 2, 6);
        registers = bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        table = bench.vm.readConfig(BDF, 0x18, 4) & 0xFFFF_FFF0L;
        poke(RINGS, new byte[0x3000]);
        available = 0;
        driver();
    }

    @Test
    void aResetOfTheMachineEndsWhatIsUnderWay() {
        for (int slot = 0; slot < 16; slot++) {
            ask(slot, false, slot);
        }
        bench.devices.reset();
        assertThat(bench.vm.read(registers + 0x14, 1)).isEqualTo(0xFF);
        bench.vm.writeConfig(BDF, 4, 2, 6);
        registers = bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        assertThat(bench.vm.read(registers + 0x14, 1)).isZero();
    }
}
