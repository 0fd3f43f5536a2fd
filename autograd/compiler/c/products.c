/* Turn n samples of so many numbers each, one after the other, into rows: eight samples
   at a time, whose numbers are then side by side. */
static void load(long count, long n, real *restrict rows, const real *x,
                 const long *order, long first)
{
    long b = 0;
    for (; b + 8 <= n; b += 8) {
        const real *sample[8];
        for (int k = 0; k < 8; k++)
            sample[k] = x + (order ? order[first + b + k] : first + b + k) * count;
        for (long j = 0; j < count; j++)
            for (int k = 0; k < 8; k++)
                rows[j * TILE + b + k] = sample[k][j];
    }
    for (; b < n; b++) {
        const real *sample = x + (order ? order[first + b] : first + b) * count;
        for (long j = 0; j < count; j++)
            rows[j * TILE + b] = sample[j];
    }
}

/* Sums of four rows, or of one, to which products of four terms are added at a time:
   sixteen multiplications for eight loads, where vector units do one for each. */
#ifdef FP_FAST_FMA /* then sums of products are not to be reordered */
#define FOUR(a, b, c, d, e, f, g, h, sum) \
    fma(a, b, fma(c, d, fma(e, f, fma(g, h, sum))))
#else
#define FOUR(a, b, c, d, e, f, g, h, sum) \
    ((a) * (b) + (c) * (d) + (e) * (f) + (g) * (h) + (sum))
#endif

static void product_4(long terms, long n, int add, real *restrict out, long dout,
                      const real *first, long dfirst, real scale, const real *m,
                      long di, long dt, const real *u, long du)
{
    real *out0 = out, *out1 = out + dout, *out2 = out1 + dout, *out3 = out2 + dout;
    if (!add) {
        const real e0 = first[0], e1 = first[dfirst];
        const real e2 = first[2 * dfirst], e3 = first[3 * dfirst];
        for (long b = 0; b < n; b++) {
            out0[b] = e0;
            out1[b] = e1;
            out2[b] = e2;
            out3[b] = e3;
        }
    }
    long t = 0;
    for (; t + 4 <= terms; t += 4, m += 4 * dt, u += 4 * du) {
        const real *m1 = m + dt, *m2 = m1 + dt, *m3 = m2 + dt;
        const real a0 = scale * m[0], b0 = scale * m[di];
        const real a1 = scale * m1[0], b1 = scale * m1[di];
        const real a2 = scale * m2[0], b2 = scale * m2[di];
        const real a3 = scale * m3[0], b3 = scale * m3[di];
        const real c0 = scale * m[2 * di], d0 = scale * m[3 * di];
        const real c1 = scale * m1[2 * di], d1 = scale * m1[3 * di];
        const real c2 = scale * m2[2 * di], d2 = scale * m2[3 * di];
        const real c3 = scale * m3[2 * di], d3 = scale * m3[3 * di];
        for (long b = 0; b < n; b++) {
            const real u0 = u[b], u1 = u[b + du], u2 = u[b + 2 * du];
            const real u3 = u[b + 3 * du];
            out0[b] = FOUR(a0, u0, a1, u1, a2, u2, a3, u3, out0[b]);
            out1[b] = FOUR(b0, u0, b1, u1, b2, u2, b3, u3, out1[b]);
            out2[b] = FOUR(c0, u0, c1, u1, c2, u2, c3, u3, out2[b]);
            out3[b] = FOUR(d0, u0, d1, u1, d2, u2, d3, u3, out3[b]);
        }
    }
    for (; t < terms; t++, m += dt, u += du) {
        const real a = scale * m[0], b0 = scale * m[di];
        const real c = scale * m[2 * di], d = scale * m[3 * di];
        for (long b = 0; b < n; b++) {
            out0[b] += a * u[b];
            out1[b] += b0 * u[b];
            out2[b] += c * u[b];
            out3[b] += d * u[b];
        }
    }
}

static void product_1(long terms, long n, int add, real *restrict out,
                      real first, real scale, const real *m, long dt, const real *u,
                      long du)
{
    if (!add)
        for (long b = 0; b < n; b++)
            out[b] = first;
    long t = 0;
    for (; t + 4 <= terms; t += 4, m += 4 * dt, u += 4 * du) {
        const real a0 = scale * m[0], a1 = scale * m[dt];
        const real a2 = scale * m[2 * dt], a3 = scale * m[3 * dt];
        for (long b = 0; b < n; b++)
            out[b] = FOUR(a0, u[b], a1, u[b + du], a2, u[b + 2 * du], a3,
                          u[b + 3 * du], out[b]);
    }
    for (; t < terms; t++, m += dt, u += du)
        for (long b = 0; b < n; b++)
            out[b] += scale * m[0] * u[b];
}

/* Eight rows by sixteen columns of sums: they stay in registers while terms are added,
   if there are 32 of 512 bits. */
#ifdef __AVX512F__
static void product_8x16(long terms, int add, real *restrict out, long dout,
                         const real *first, long dfirst, real scale, const real *m,
                         long di, long dt, const real *u, long du)
{
    real sum0[16], sum1[16], sum2[16], sum3[16], sum4[16], sum5[16], sum6[16], sum7[16];
    const real *const sums[] = {sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7};
    for (int b = 0; b < 16; b++) {
        sum0[b] = sum1[b] = sum2[b] = sum3[b] = 0;
        sum4[b] = sum5[b] = sum6[b] = sum7[b] = 0;
    }
    for (long t = 0; t < terms; t++, m += dt, u += du) {
        const real m0 = m[0], m1 = m[di], m2 = m[2 * di], m3 = m[3 * di];
        const real m4 = m[4 * di], m5 = m[5 * di], m6 = m[6 * di], m7 = m[7 * di];
        for (int b = 0; b < 16; b++) {
            sum0[b] += m0 * u[b];
            sum1[b] += m1 * u[b];
            sum2[b] += m2 * u[b];
            sum3[b] += m3 * u[b];
            sum4[b] += m4 * u[b];
            sum5[b] += m5 * u[b];
            sum6[b] += m6 * u[b];
            sum7[b] += m7 * u[b];
        }
    }
    for (int i = 0; i < 8; i++, out += dout) {
        const real e = first[i * dfirst];
        for (int b = 0; b < 16; b++)
            out[b] = (add ? out[b] : e) + scale * sums[i][b];
    }
}
#endif

/* out[i][b] = first[i] + scale * (sum over t of m[i][t] * u[t][b]), for size rows of
   results. Without first (NULL) there is 0 in its place, or what is in out if add is
   set. */
static void product(long size, long terms, long n, int add, real *restrict out,
                    long dout, const real *first, long dfirst, real scale,
                    const real *m, long di, long dt, const real *u, long du)
{
    const long most = 64; /* terms at a time: their rows stay in the nearest cache */
    const real zero = 0;
    if (!first)
        first = &zero, dfirst = 0;
    for (long t = 0; t < terms || t == 0; t += most, add = 1) {
        const long some = terms - t < most ? terms - t : most;
        const real *mt = m + t * dt, *ut = u + t * du;
        long i = 0;
#ifdef __AVX512F__
        for (; i + 8 <= size; i += 8) {
            long b = 0;
            for (; b + 16 <= n; b += 16)
                product_8x16(some, add, out + i * dout + b, dout, first + i * dfirst,
                             dfirst, scale, mt + i * di, di, dt, ut + b, du);
            for (long k = i; k < i + 8 && b < n; k += 4)
                product_4(some, n - b, add, out + k * dout + b, dout,
                          first + k * dfirst, dfirst, scale, mt + k * di, di, dt,
                          ut + b, du);
        }
#endif
        for (; i + 4 <= size; i += 4)
            product_4(some, n, add, out + i * dout, dout, first + i * dfirst, dfirst,
                      scale, mt + i * di, di, dt, ut, du);
        for (; i < size; i++)
            product_1(some, n, add, out + i * dout, first[i * dfirst], scale,
                      mt + i * di, dt, ut, du);
    }
}

/* Turn rows into lines, one for each sample, padded by zeros to sixteen columns; eight
   rows at a time, which stay in the nearest cache. */
static void transpose(long columns, long n, real *restrict lines, const real *rows,
                      long d)
{
    const long width = (columns + 15) / 16 * 16;
    long j = 0;
    for (; j + 8 <= columns; j += 8)
        for (long b = 0; b < n; b++)
            for (int k = 0; k < 8; k++)
                lines[b * width + j + k] = rows[(j + k) * d + b];
    for (; j < width; j++)
        for (long b = 0; b < n; b++)
            lines[b * width + j] = j < columns ? rows[j * d + b] : 0;
}

/* Give the samples as lines: where they lie, or brought together in their order. */
static const real *gather_lines(long columns, long n, real *restrict lines,
                                const real *x, const long *order, long first)
{
    if (!order)
        return x + first * columns;
    for (long b = 0; b < n; b++)
        memcpy(lines + b * columns, x + order[first + b] * columns,
               (size_t)columns * sizeof(real));
    return lines;
}

/* Add the block to the gradient, or set the gradient to it. */
static void put(long size, long columns, real *restrict g, long di, long dj,
                const real *block, long width, int add)
{
    for (long i = 0; i < size; i++)
        for (long j = 0; j < columns; j++) {
            const real old = add ? g[i * di + j * dj] : 0;
            g[i * di + j * dj] = old + block[i * width + j];
        }
}

/* The gradient of a matrix: the sum over the samples of left[i][b] * lines[b][j], some
   columns at a time: their lines stay in a near cache. Whole vectors are added where
   they belong; all others go through a block. */
static void outer(long size, long columns, long n, real *restrict g, long di, long dj,
                  real scale, int add, const real *left, long dl, const real *lines,
                  long width, real *restrict block)
{
    long j = 0;
    for (long some; dj == 1 && j + 16 <= columns; j += some) {
        some = columns - j < 256 ? (columns - j) / 16 * 16 : 256;
        product(size, n, some, add, g + j, di, NULL, 0, scale, left, dl, 1, lines + j,
                width);
    }
    for (const long most = 64; j < columns; j += most) {
        const long some = width - j < most ? width - j : most;
        product(size, n, some, 0, block, some, NULL, 0, scale, left, dl, 1, lines + j,
                width);
        put(size, some < columns - j ? some : columns - j, g + j * dj, di, dj, block,
            some, add);
    }
}
