package org.cupule.hsm.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WithheldTest {
    @TempDir
    Path tasks;

    private void thread(String id, String name, String numbers) throws IOException {
        Path folder = Files.createDirectory(tasks.resolve(id));
        Files.writeString(folder.resolve("comm"), name + "\n");
        Files.writeString(folder.resolve("schedstat"), numbers + "\n");
    }

    @Test
    void addsUpWhatTheProcessorsWaited() throws IOException {
        thread("1", "vm1-vcpu0", "100 7000 3");
        thread("2", "vm1-vcpu1", "100 500 3");
        thread("3", "main", "100 90000 3");

        assertThat(Withheld.nanos(tasks)).isEqualTo(7500);
    }

    @Test
    void isNothingWhereTheHostDoesNotCount() throws IOException {
        thread("1", "vm1-vcpu0", "");

        assertThat(Withheld.nanos(tasks)).isZero();
        assertThat(Withheld.nanos(tasks.resolve("none"))).isZero();
    }

    @Test
    void aBusyHostExplainsALateInterrupt() {
        assertThat(Withheld.explains(50, 100, 1000)).isTrue();
        assertThat(Withheld.explains(100, 100, 1000)).isTrue();
    }

    @Test
    void anIdleHostDoesNotAndNoHostDoesForLongerThanItWithheldItsProcessors() {
        assertThat(Withheld.explains(50, 99, 1000)).isFalse();
        assertThat(Withheld.explains(101, 100, 1000)).isFalse();
    }
}
