package org.cupule.machine.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.cupule.machine.stream.DiskFile.Kind;
import org.cupule.machine.stream.DiskFile.Operation;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DiskFileTest {
    @TempDir
    Path folder;
    private Path image;

    @BeforeEach
    void makeImage() throws IOException {
        image = folder.resolve("disk.img");
        Files.write(image, new byte[4096 + 100]);
    }

    private static boolean done(DiskFile disk, Kind kind, long offset, byte[] bytes) throws Exception {
        var end = new CompletableFuture<Boolean>();
        disk.submit(new Operation(kind, offset, bytes, 0, bytes.length, end::complete));
        return end.get(60, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void readsWhatWasWritten(boolean deterministic) throws Exception {
        var disk = new DiskFile(image, false, deterministic);
        assertThat(done(disk, Kind.WRITE, 1000, new byte[]{1, 2, 3})).isTrue();
        assertThat(done(disk, Kind.FLUSH, 0, new byte[0])).isTrue();
        byte[] read = new byte[3];
        assertThat(done(disk, Kind.READ, 1000, read)).isTrue();
        assertThat(read).containsExactly(1, 2, 3);
        disk.close();
        assertThat(Files.size(image)).isEqualTo(4196);
    }

    @Test
    void hasWholeSectors() {
        var disk = new DiskFile(image, false, true);
        assertThat(disk.lengthBytes()).isEqualTo(4096);
        disk.close();
    }

    @Test
    void doesThingsInTheOrderInWhichTheyWereAskedFor() throws Exception {
        var disk = new DiskFile(image, false, false);
        List<Integer> ended = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int number = i;
            disk.submit(new Operation(Kind.WRITE, 0, new byte[]{(byte) i}, 0, 1, done -> ended.add(number)));
        }
        byte[] last = new byte[1];
        done(disk, Kind.READ, 0, last);
        assertThat(last[0]).isEqualTo((byte) 199);
        assertThat(ended).hasSize(200).isSorted();
        disk.close();
    }

    @Test
    void closesWhenAllIsDone() throws IOException {
        var disk = new DiskFile(image, false, false);
        for (int i = 0; i < 500; i++) {
            disk.submit(new Operation(Kind.WRITE, i, new byte[]{7}, 0, 1, done -> {
            }));
        }
        disk.close();
        assertThat(Files.readAllBytes(image)[499]).isEqualTo((byte) 7);
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 4094, -1, Long.MAX_VALUE})
    void refusesWhatIsNotInIt(long offset) throws Exception {
        var disk = new DiskFile(image, false, true);
        assertThat(done(disk, Kind.WRITE, offset, new byte[4])).isFalse();
        assertThat(done(disk, Kind.READ, offset, new byte[4])).isFalse();
        disk.close();
    }

    @Test
    void aReadOnlyOneIsNotWritten() throws Exception {
        var disk = new DiskFile(image, true, true);
        assertThat(disk.readOnly()).isTrue();
        assertThat(done(disk, Kind.WRITE, 0, new byte[]{1})).isFalse();
        disk.close();
        assertThat(Files.readAllBytes(image)).containsOnly(0);
    }

    @Test
    void onlyOneMayWriteIt() {
        var disk = new DiskFile(image, false, true);
        assertThatThrownBy(() -> new DiskFile(image, false, true)).isInstanceOf(HsmException.class)
                .hasMessageContaining("in use by another machine");
        disk.close();
        new DiskFile(image, false, true).close();
    }

    @Test
    void saysWhenThereIsNone() {
        assertThatThrownBy(() -> new DiskFile(folder.resolve("none"), false, true)).isInstanceOf(HsmException.class)
                .hasMessageContaining("there is no disk image");
    }

    @Test
    void tellsTheEndOfWhatComesAfterItWasClosed() throws Exception {
        var disk = new DiskFile(image, false, false);
        disk.close();
        assertThat(done(disk, Kind.READ, 0, new byte[1])).isFalse();
    }
}
