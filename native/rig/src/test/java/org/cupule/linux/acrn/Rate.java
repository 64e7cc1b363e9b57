package org.cupule.linux.acrn;

import java.io.IOException;
import java.util.Arrays;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.rig.guest.StandIn;
import org.cupule.types.IoRange;

/**
 * How many requests of a vCPU are served a second, by a handler of the HSM on this backend and by a C program that does
 * the same work: {@code /bin/smoke rate}. They take turns; the best of each counts, since whatever disturbs makes
 * slower.
 */
public final class Rate {
    private static final int REQUESTS = 1_000;
    private static final int ROUNDS = 3;
    private static final int ACCESS_ALL = 7;

    private Rate() {
    }

    /** Prints both figures and their ratio. */
    public static void main(String[] arguments) throws IOException {
        double[] java = new double[ROUNDS];
        double[] c = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            StandIn.command("reset");
            c[round] = ofC();
            java[round] = ofJava();
        }
        double bestC = Arrays.stream(c).max().orElseThrow();
        double bestJava = Arrays.stream(java).max().orElseThrow();
        System.out.printf("rate: C %s, Java %s%n", Arrays.toString(c), Arrays.toString(java));
        System.out.printf("VERIFIED: requests served a second on Linux's ACRN driver: C %.0f, Java %.0f, ratio %.2f%n",
                bestC, bestJava, bestJava / bestC);
    }

    private static double ofC() throws IOException {
        Process process = new ProcessBuilder("/bin/smoke", "rate", Integer.toString(REQUESTS)).start();
        try (var lines = process.inputReader()) {
            return Double.parseDouble(lines.readLine());
        }
    }

    private static double ofJava() {
        RoutingHsm hsm = OnAcrn.hsm();
        VirtualMachine vm = OnAcrn.create(hsm);
        try {
            vm.memory().addRam(0, 0x10000, ACCESS_ALL);
            vm.ioRequests().inline("device", access -> access.address() + 1).add(IoRange.ports(0x60, 1));
            vm.ioRequests().inlineDefault("bus", access -> -1);
            vm.start();
            String[] answer = StandIn.command("access %d 0 0 0 0x60 1 0 %d", vm.vmid(), REQUESTS).split(" ");
            return REQUESTS * 1e9 / Long.parseLong(answer[1]);
        } finally {
            vm.close();
        }
    }
}
