package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Snapshots with bytes that somebody has changed: refused or restored, never anything else, and nothing left. */
@Timeout(240)
class SnapshotFuzzTest {
    private static final int ROUNDS = 500;
    private static final long SEED = 0x5EED;
    private static final int DIGEST_BYTES = 32;
    private static final int TRAILER_BYTES = 34;

    private final SnapshotRig rig = new SnapshotRig();
    private byte[] snapshot = {};

    @TempDir
    Path folder;

    @BeforeEach
    void save() throws Exception {
        MachineDescription pc = rig.machines.standard("fuzz");
        var image = new Image(Optional.empty(), "swapcount", "auto", 0, "", java.util.List.of());
        Machine machine = rig.machines.create(new MachineDescription("fuzz", "", 4 << 20, 2, Optional.of(image),
                pc.devices(), Map.of(), pc.behaviour(), false, false));
        machine.start();
        snapshot = Files.readAllBytes(SnapshotRig.saved(machine, folder.resolve("whole")));
    }

    /** @return how many were restored */
    private int restored(UnaryOperator<byte[]> change) throws Exception {
        int restored = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Path file = Files.write(folder.resolve("changed"), change.apply(snapshot.clone()));
            restored += outcome(file);
        }
        assertThat(rig.machines.machines()).isEmpty();
        assertThat(rig.hsm.machines()).isEmpty();
        return restored;
    }

    private int outcome(Path file) {
        try (Machine machine = rig.machines.restore(file)) {
            machine.start();
            return 1;
        } catch (HsmException refused) {
            assertThat(refused.getMessage()).isNotBlank();
            return 0;
        }
    }

    private static byte[] withChecksum(byte[] bytes) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes, 0, bytes.length - TRAILER_BYTES);
            digest.digest(bytes, bytes.length - DIGEST_BYTES, DIGEST_BYTES);
            return bytes;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aFlippedByteIsFoundByTheChecksum() throws Exception {
        var random = new Random(SEED);

        assertThat(restored(bytes -> {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            return bytes;
        })).isZero();
    }

    @Test
    void aForgedByteWithItsChecksumIsRefusedOrHarmless() throws Exception {
        var random = new Random(SEED);
        int states = statesBytes();

        assertThat(restored(bytes -> {
            bytes[random.nextInt(states)] ^= (byte) (1 + random.nextInt(255));
            return withChecksum(bytes);
        })).isBetween(1, ROUNDS - 1);
    }

    @Test
    void forgedLengthsAndNumbersTakeNoMemory() throws Exception {
        var random = new Random(SEED);
        int states = statesBytes();

        assertThat(restored(bytes -> {
            int at = random.nextInt(states);
            Arrays.fill(bytes, at, Math.min(at + 1 + random.nextInt(9), states), (byte) 0xFF);
            bytes[at] = (byte) ((bytes[at] & 0xE0) | 0x1B); // a head with eight more bytes: a huge number or length
            return withChecksum(bytes);
        })).isLessThan(ROUNDS);
    }

    @Test
    void whatIsCutOutOrDoubledIsRefusedOrHarmless() throws Exception {
        var random = new Random(SEED);
        int states = statesBytes();

        assertThat(restored(bytes -> {
            int from = random.nextInt(states);
            int length = 1 + random.nextInt(64);
            int to = random.nextInt(states);
            System.arraycopy(snapshot, from, bytes, to, Math.min(length, states - Math.max(from, to)));
            return withChecksum(bytes);
        })).isLessThan(ROUNDS);
    }

    /** {@return how many bytes are states: the rest is guest memory, where every byte is as good as another} */
    private int statesBytes() {
        String text = new String(snapshot, java.nio.charset.StandardCharsets.ISO_8859_1);
        return text.indexOf("fmemory") + 40;
    }
}
