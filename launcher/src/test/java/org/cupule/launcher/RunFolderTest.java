package org.cupule.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
    @TempDir
    private Path root;

    private Home home;

    @BeforeEach
    void createHome() throws IOException {
        home = new Home(root);
        Files.createDirectories(home.runs());
    }

    @Test
    void removesTheFolderOfAProcessThatDied() throws IOException {
        var dead = Files.createDirectories(home.runs().resolve("dead/bundles")).getParent();
        Files.createFile(dead.resolve("lock"));
        Files.createFile(dead.resolve("bundles/left.jar"));

        RunFolder.open(home).close();

        assertThat(dead).doesNotExist();
    }

    @Test
    void leavesAFolderAloneThatIsJustBeingMade() throws IOException {
        var young = Files.createDirectories(home.runs().resolve("young"));

        RunFolder.open(home).close();

        assertThat(young).exists();
    }

    @Test
    void isGoneWithAllItHoldsAfterClose() throws IOException {
        var folder = RunFolder.open(home);
        Files.createDirectories(folder.cache().resolve("bundle1"));

        folder.close();

        assertThat(home.runs()).isEmptyDirectory();
    }

    @Test
    void closesTwice() {
        var folder = RunFolder.open(home);

        folder.close();
        folder.close();

        assertThat(folder.path()).doesNotExist();
    }
}
