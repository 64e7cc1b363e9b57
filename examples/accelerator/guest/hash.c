/*
 * hash: a guest that lets the accelerator hash its memory, and checks each answer with a SHA-256 of its own.
 *
 *   accelerator at 80000000
 *   jobs 1000 errors 0 interrupts 1000
 *   ...
 *
 * Each job has another length and other bytes; its end comes as a message (MSI). Input `q` switches the machine off: status 0; after
 * an error the debug exit gives status 67. The algorithm is FIPS 180-4, section 6.2.
 */
#include "runtime.h"

#define RBR (COM1 + 0)
#define LSR (COM1 + 5)
#define LSR_DR 0x01
#define ID 0x0ACCC09Eu
#define FUNCTIONS 256
#define COMMAND 0x04
#define BAR0 0x10
#define CAPABILITIES 0x34
#define MSI 0x05
#define VECTOR 0x50

#define STATUS 0x04
#define SOURCE 0x08
#define TARGET 0x10
#define LENGTH 0x18
#define BEGIN 0x1C
#define DONE 2u

#define MOST_BYTES 4096
#define EVERY 1000
#define TRIES 50000000u

static u8 data[MOST_BYTES + 128] __attribute__((aligned(16)));
static u8 answer[32] __attribute__((aligned(16)));
static volatile u32 interrupts;
static u64 base;

/* ---- SHA-256 ---- */
static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static u32 turn(u32 x, u32 n) { return x >> n | x << (32 - n); }

static void block(u32 *h, const u8 *bytes) {
    u32 w[64], v[8];
    for (u32 t = 0; t < 64; t++) {
        if (t < 16) {
            w[t] = (u32)bytes[4 * t] << 24 | (u32)bytes[4 * t + 1] << 16 | (u32)bytes[4 * t + 2] << 8 | bytes[4 * t + 3];
        } else {
            u32 a = w[t - 15], b = w[t - 2];
            w[t] = (turn(b, 17) ^ turn(b, 19) ^ b >> 10) + w[t - 7] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[t - 16];
        }
    }
    memcpy(v, h, sizeof v);
    for (u32 t = 0; t < 64; t++) {
        u32 a = v[0], e = v[4];
        u32 one = v[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + K[t] + w[t];
        u32 two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        for (u32 i = 7; i > 0; i--) {
            v[i] = v[i - 1];
        }
        v[4] += one;
        v[0] = one + two;
    }
    for (u32 i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

/* Hashes the first bytes of data; what follows them is overwritten by the padding. */
static int hashed_right(u32 length) {
    u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    u32 blocks = (length + 8) / 64 + 1;
    memset(data + length, 0, 64 * blocks - length);
    data[length] = 0x80;
    for (u32 i = 0; i < 4; i++) {
        data[64 * blocks - 1 - i] = (u8)(8 * length >> 8 * i);
    }
    for (u32 i = 0; i < blocks; i++) {
        block(h, data + 64 * i);
    }
    for (u32 i = 0; i < 32; i++) {
        if (answer[i] != (u8)(h[i / 4] >> (24 - 8 * (i % 4)))) {
            return 0;
        }
    }
    return 1;
}

/* ---- the function ---- */
static u32 pci_read(u32 function, u32 offset) {
    out32(0xCF8, 0x80000000u | function << 8 | (offset & 0xFC));
    return in32(0xCFC);
}

static void pci_write(u32 function, u32 offset, u32 value) {
    out32(0xCF8, 0x80000000u | function << 8 | (offset & 0xFC));
    out32(0xCFC, value);
}

static void enable_message(u32 function) {
    u32 at = pci_read(function, CAPABILITIES) & 0xFC;
    for (u32 tries = 0; at && tries < 48 && (pci_read(function, at) & 0xFF) != MSI; tries++) {
        at = pci_read(function, at) >> 8 & 0xFC;
    }
    u32 control = pci_read(function, at) >> 16;
    u32 wide = control & 0x80;
    pci_write(function, at + 4, 0xFEE00000u | apic_id() << 12);
    if (wide) {
        pci_write(function, at + 8, 0);
    }
    pci_write(function, at + (wide ? 12 : 8), VECTOR);
    pci_write(function, at, (control & ~0x70u) << 16 | 1u << 16);
}

static int find(void) {
    for (u32 function = 0; function < FUNCTIONS; function++) {
        if (pci_read(function, 0) == ID) {
            base = pci_read(function, BAR0) & ~15u;
            pci_write(function, COMMAND, (pci_read(function, COMMAND) & 0xFFFF) | 6); /* memory, bus master */
            enable_message(function);
            print("accelerator at %lx\n", base);
            return 1;
        }
    }
    print("there is no accelerator\n");
    return 0;
}

void interrupt(struct frame *frame) {
    if (frame->vector != VECTOR) {
        dump("unexpected interrupt", frame);
        leave(0x21);
    }
    interrupts++;
    apic_write(APIC_EOI, 0);
}

/* One job, from filling the memory to the check of the answer. */
static int job(u32 number) {
    u32 length = 1 + number * 37 % (MOST_BYTES - 64);
    u32 before = interrupts;
    for (u32 i = 0; i < length; i++) {
        data[i] = (u8)(number + i * (number | 1));
    }
    memset(answer, 0, sizeof answer);
    store64(base + SOURCE, (u64)data);
    store64(base + TARGET, (u64)answer);
    store32(base + LENGTH, length);
    store32(base + BEGIN, 1);
    for (u32 tries = 0; interrupts == before && tries < TRIES; tries++) {
        relax();
    }
    u32 status = load32(base + STATUS);
    store32(base + STATUS, status);
    return interrupts == before + 1 && status == DONE && hashed_right(length);
}

void guest(u32 cpu) {
    u32 jobs = 0, errors = 0;
    if (cpu != 0) {
        return;
    }
    serial_begin();
    processor_begin(0);
    if (!find()) {
        leave(0x21);
    }
    interrupts_on();
    const u32 every = option("every", EVERY);
    for (;;) {
        errors += !job(++jobs);
        if (jobs % every == 0) {
            print("jobs %u errors %u interrupts %u\n", jobs, errors, interrupts);
        }
        if ((in8(LSR) & LSR_DR) && in8(RBR) == 'q') {
            break;
        }
    }
    print("verdict: %s jobs %u errors %u interrupts %u\n", errors ? "FAILED" : "ok", jobs, errors, interrupts);
    if (errors) {
        leave(0x21);
    }
    power_off();
}
